"""Tests of what is published, and where."""

import unittest

import publish
import summary
from sample_results import results


class PagesTest(unittest.TestCase):
    def test_pages_show_the_published_results(self):
        for page, text in publish.pages(publish.published()).items():
            with self.subTest(page.name):
                remedy = "python3 bench/publish.py writes it anew"
                self.assertEqual(page.read_text().splitlines(), text.splitlines(), remedy)


class MarkersTest(unittest.TestCase):
    def test_only_what_stands_between_them_is_replaced(self):
        text = "before\n<!-- a:begin -->\nold\n<!-- a:end -->\nafter\n"
        expected = "before\n<!-- a:begin -->\nnew\n<!-- a:end -->\nafter\n"
        self.assertEqual(publish.between_markers(text, "a", "new"), expected)

    def test_a_page_without_them_is_refused(self):
        for text in ("before\nafter\n", "<!-- a:begin -->\n", "<!-- b:begin --><!-- b:end -->"):
            with self.subTest(text), self.assertRaises(ValueError):
                publish.between_markers(text, "a", "new")


class SummaryTest(unittest.TestCase):
    def test_figures_are_medians_beside_those_that_were_measured(self):
        lines = summary.markdown(results()).splitlines()
        self.assertIn("| Ten million rows, streamed by ranges of keys | 2.00 s | ", lines[3])
        self.assertTrue(lines[3].endswith("| DuckDB's scanner 4.00 s |"), lines[3])
        self.assertTrue(lines[4].endswith(" | – |  |"), lines[4])
        self.assertTrue(lines[7].endswith(" | 8.00 ms |  |"), lines[7])


if __name__ == "__main__":
    unittest.main()
