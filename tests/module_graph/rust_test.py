"""What counts as a use between the files of a Rust crate."""

import tempfile
import unittest
from pathlib import Path

from module_graph import graph, rust_graph


def uses_in(files: dict[str, str]) -> dict[str, dict[str, set[str]]]:
    with tempfile.TemporaryDirectory() as directory:
        for name, text in files.items():
            file = Path(directory, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        uses = rust_graph.uses_of(Path(directory, "lib.rs"))
        return {user: dict(used) for user, used in uses.items() if used}


class Circles(unittest.TestCase):
    def test_a_circle_is_found_with_the_names_that_make_it(self):
        uses = rust_graph.no_uses()
        for user, used in uses_in(
            {
                "lib.rs": "mod a; mod b; mod c; pub use a::A; pub use b::B;",
                "a.rs": "use crate::B; pub struct A;",
                "b.rs": "use crate::c::C; pub struct B;",
                "c.rs": "pub struct C; fn f(_: crate::A) {}",
            }
        ).items():
            uses[user].update(used)
        [text] = graph.complaints("made", uses)
        self.assertEqual(
            text,
            "made: 3 files use one another: a.rs → b.rs → c.rs → a.rs\n"
            "    a.rs → b.rs: B\n    b.rs → c.rs: C\n    c.rs → a.rs: A",
        )

    def test_two_circles_are_two_complaints(self):
        uses = {"a": {"b"}, "b": {"a"}, "c": {"d", "a"}, "d": {"c"}}
        uses = {user: {one: {"N"} for one in used} for user, used in uses.items()}
        self.assertEqual(graph.knots(uses), [["a", "b"], ["c", "d"]])

    def test_a_chain_is_no_circle(self):
        self.assertEqual(graph.knots({"a": {"b": {"N"}}, "b": {"c": {"N"}}, "c": {}}), [])


class Parents(unittest.TestCase):
    def test_declaring_and_passing_on_is_no_use(self):
        uses = uses_in({"lib.rs": "pub mod a; pub use a::A;", "a.rs": "pub struct A;"})
        self.assertEqual(uses, {})

    def test_a_name_that_is_passed_on_and_named_is_a_use(self):
        lib = "mod a; pub use a::A; pub fn f() -> A { A }"
        self.assertEqual(
            uses_in({"lib.rs": lib, "a.rs": "pub struct A;"}), {"lib.rs": {"a.rs": {"A"}}}
        )

    def test_an_associated_type_and_a_visibility_are_no_use(self):
        lib = "mod a; pub use a::A; trait T { type A; fn f() -> Self::A; }"
        files = {"lib.rs": lib, "a.rs": "pub struct A; pub(in crate) fn f() {}"}
        self.assertEqual(uses_in(files), {})

    def test_a_private_import_and_a_path_are_uses(self):
        for lib in ("mod a; use a::f; fn g() { f() }", "mod a; fn g() { a::f() }"):
            with self.subTest(lib):
                uses = uses_in({"lib.rs": lib, "a.rs": "pub fn f() {}"})
                self.assertEqual(uses, {"lib.rs": {"a.rs": {"f"}}})

    def test_what_a_child_uses_of_its_parent_is_the_parents(self):
        for child in ("use super::LIMIT;", "fn f() { super::LIMIT; }", "use super::*; LIMIT"):
            with self.subTest(child):
                files = {"lib.rs": "mod room;", "room/mod.rs": "mod a; const LIMIT: u8 = 1;"}
                uses = uses_in(files | {"room/a.rs": child})
                self.assertEqual(uses, {"room/a.rs": {"room/mod.rs": {"LIMIT"}}})

    def test_a_name_that_a_parent_passes_on_is_its_files(self):
        files = {
            "lib.rs": "mod room; mod user;",
            "room/mod.rs": "mod a; pub use a::{A as Renamed, *};",
            "room/a.rs": "pub struct A; pub struct B;",
            "user.rs": "use crate::room::{self, Renamed}; fn f(_: room::B) {}",
        }
        self.assertEqual(uses_in(files), {"user.rs": {"room/a.rs": {"A", "B"}}})

    def test_files_that_a_macro_declares_are_found(self):
        lib = "macro_rules! all { ($($f:ident),+) => { $(mod $f; pub use $f::*;)+ } } all! { a, b }"
        files = {"lib.rs": lib, "a.rs": "use crate::B;", "b.rs": "pub struct B;"}
        self.assertEqual(uses_in(files), {"a.rs": {"b.rs": {"B"}}})


class NoUses(unittest.TestCase):
    def of_a(self, text: str) -> dict:
        lib = "mod a; mod b; pub use b::B;"
        return uses_in({"lib.rs": lib, "a.rs": text, "b.rs": "pub struct B; pub fn f() {}"})

    def test_tests_comments_and_texts_are_none(self):
        for text in (
            "#[cfg(test)] mod tests { use crate::B; }",
            "#[cfg(test)] #[allow(x)] fn f() -> crate::B { crate::B } struct A;",
            "struct A { #[cfg(test)] b: crate::B, c: u8 }",
            "#[cfg(test)] use crate::B;",
            "//! [`crate::B`]\n/* crate::B */ struct A;",
            'const A: &str = "\\" crate::B"; const C: char = \'"\';',
            'const A: &str = r#""crate::B"#;',
            "use std::f; use other::B;",
        ):
            with self.subTest(text):
                self.assertEqual(self.of_a(text), {})

    def test_what_stands_after_a_test_is_a_use(self):
        for text in (
            "#[cfg(test)] mod tests; use crate::B;",
            "#[cfg(test)] fn f() {} fn g(_: crate::B) {}",
            "struct A { #[cfg(test)] b: u8, c: crate::B }",
            "fn f<'a>(_: &'a str) -> crate::B { 'a' }",
            '#[serde(try_from = "crate::B")] struct A;',
        ):
            with self.subTest(text):
                self.assertEqual(self.of_a(text), {"a.rs": {"b.rs": {"B"}}})

    def test_serde_uses_a_module_by_its_name(self):
        self.assertIn("b.rs", self.of_a('use crate::b; #[serde(with = "b")] struct A;')["a.rs"])


if __name__ == "__main__":
    unittest.main()
