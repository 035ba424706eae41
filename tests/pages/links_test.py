"""Which links of a page lead nowhere."""

import tempfile
import unittest
from pathlib import Path

from pages import links, markdown


class Checkout(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.checkout = Path(temporary.name).resolve()

    def write(self, name: str, text: str) -> Path:
        file = self.checkout / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def problems(self, text: str) -> list[str]:
        page = self.write("docs/page.md", text)
        return list(links.complaints(self.checkout, [page]))


class Links(Checkout):
    def test_a_file_a_directory_and_a_heading_that_exist_are_fine(self):
        self.write("docs/other.md", "# The other page\n")
        self.write("src/main.rs", "")
        for link in (
            "[a](other.md)",
            "[a](other.md#the-other-page)",
            "[a](#here)",
            "[a](../src/main.rs)",
            "[a](../src)",
            "![a](../src/main.rs)",
            "[![a](../src/main.rs)](other.md)",
            '[a](other.md "a title")',
            '<img src="../src/main.rs">',
            "[a]: other.md",
            "[a](https://example.com/nowhere.md#nothing)",
            "[a](mailto:somebody@example.com)",
        ):
            with self.subTest(link):
                self.assertEqual(self.problems(f"# Here\n\n{link}\n"), [])

    def test_what_leads_nowhere_is_named_with_its_line(self):
        self.write("docs/other.md", "# The other page\n")
        self.write("src/main.rs", "")
        self.write("outside.md", "")
        for link, why in (
            ("[a](none.md)", "none.md does not exist"),
            ("[a](Other.md)", "Other.md does not exist"),
            ("[a](other.md#none)", "other.md#none has no heading #none"),
            ("[a](#none)", "#none has no heading #none"),
            ("[a](/docs/other.md)", "/docs/other.md is not relative"),
            ("[a](../../elsewhere.md)", "../../elsewhere.md leads out of the checkout"),
            ("[a](../src/main.rs#L1)", "../src/main.rs#L1 has an anchor, which only pages have"),
            ('<img src="none.png">', "none.png does not exist"),
            ("[![a](none.png)](other.md)", "none.png does not exist"),
            ("[a]: none.md", "none.md does not exist"),
        ):
            with self.subTest(link):
                self.assertEqual(self.problems(f"# Here\n\n{link}\n"), [f"docs/page.md:3: {why}"])

    def test_code_has_no_links(self):
        for text in (
            "`[a](none.md)`",
            "``a ` [a](none.md)``",
            "```md\n[a](none.md)\n```",
            "````md\n```\n[a](none.md)\n```\n````",
            "<!-- [a](none.md) -->",
        ):
            with self.subTest(text):
                self.assertEqual(self.problems(text), [])

    def test_a_page_that_no_link_leads_to_is_found(self):
        start = self.write("README.md", "[a](docs/one.md#there) [b](https://example.com)")
        one = self.write("docs/one.md", "# There\n\n[two](two.md)")
        two = self.write("docs/two.md", "[back](one.md)")
        lost = self.write("docs/lost.md", "[one](one.md)")
        self.assertEqual(links.unlinked([one, two, lost], start), [lost])


class Anchors(unittest.TestCase):
    def test_a_heading_has_the_anchor_that_github_makes_of_it(self):
        for heading, anchor in (
            ("# Who looks at the rows", "who-looks-at-the-rows"),
            ("### `chunks-failed`", "chunks-failed"),
            ("## The cache, for `Store=valkey`", "the-cache-for-storevalkey"),
            ("## A *job* of [pgfold](x.md) ##", "a-job-of-pgfold"),
            ("## 4. pgfold", "4-pgfold"),
            ("## What's new: v0.1", "whats-new-v01"),
            ("# Größe", "größe"),
            ("## snake_case", "snake_case"),
        ):
            with self.subTest(heading):
                self.assertEqual(markdown.anchors(heading), {anchor})

    def test_the_same_heading_again_has_a_number(self):
        page = "# Look\n## Look\n## Look\n"
        self.assertEqual(markdown.anchors(page), {"look", "look-1", "look-2"})

    def test_a_comment_of_a_shell_is_no_heading(self):
        self.assertEqual(markdown.anchors("```sh\n# make up\n```\n"), set())

    def test_html_has_anchors(self):
        self.assertEqual(markdown.anchors('<a id="there"></a>'), {"there"})


if __name__ == "__main__":
    unittest.main()
