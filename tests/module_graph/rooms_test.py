"""Which rooms of a crate may use which, and the imports of Python."""

import tempfile
import unittest
from pathlib import Path

from module_graph import graph, python_graph, rooms, rust_graph

NONE = "//! A room.\n//!\n//! May use: no other room.\n"


class Tree(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)

    def write(self, files: dict[str, str]) -> None:
        for name, text in files.items():
            file = self.directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)


class Rooms(Tree):
    def complaints(self, of_plan: str) -> list[str]:
        self.write(
            {
                "lib.rs": "mod error; mod plan; mod rows; pub use rows::Row;",
                "error.rs": "pub struct Error;",
                "rows/mod.rs": f"{NONE}mod row; pub use row::Row; use crate::error::Error;",
                "rows/row.rs": "pub struct Row;",
                "plan/mod.rs": f"{of_plan}mod cut;",
                "plan/cut.rs": "use crate::Row;",
            }
        )
        uses = rust_graph.uses_of(self.directory / "lib.rs")
        return rooms.complaints("made", self.directory, uses)

    def test_a_room_that_the_line_names_may_be_used(self):
        self.assertEqual(self.complaints("//! May use: `rows`.\n"), [])

    def test_a_room_that_the_line_does_not_name_may_not(self):
        self.assertEqual(
            self.complaints(NONE),
            ["made: plan may not use rows, but plan/cut.rs → rows/row.rs: Row"],
        )

    def test_each_room_has_the_line_in_its_form(self):
        for line in ("", "//! May use: rows.\n", "//! May use `rows`.\n", "// May use: `rows`.\n"):
            with self.subTest(line):
                wrong = ["made: plan/mod.rs has no line `//! May use: …`"]
                self.assertEqual(self.complaints(line), wrong)

    def test_a_line_names_rooms_alone(self):
        self.assertEqual(
            self.complaints("//! May use: `rows`, `error`.\n"),
            ["made: plan/mod.rs may use error, which is no room"],
        )


class Python(Tree):
    def knots(self, files: dict[str, str]) -> list[list[str]]:
        self.write(files)
        return graph.knots(python_graph.uses_of(self.directory))

    def test_a_circle_is_found_wherever_the_import_stands(self):
        for text in (
            "import a",
            "from a import A",
            "def f():\n    import a",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import A",
        ):
            with self.subTest(text):
                self.assertEqual(self.knots({"a.py": "import b", "b.py": text}), [["a.py", "b.py"]])

    def test_packages_are_found_from_the_directory_and_from_beside(self):
        files = {
            "one/a.py": "from two import b",
            "two/b.py": "import c",
            "two/c.py": "from one.a import A",
        }
        self.assertEqual(self.knots(files), [["one/a.py", "two/b.py", "two/c.py"]])

    def test_a_chain_is_no_circle(self):
        self.assertEqual(self.knots({"a.py": "import b\nimport json", "b.py": "import os"}), [])


if __name__ == "__main__":
    unittest.main()
