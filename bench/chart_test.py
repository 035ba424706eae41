"""Tests of the chart."""

import unittest
from xml.etree import ElementTree

import chart
from sample_results import results

SVG = "{http://www.w3.org/2000/svg}"


class ChartTest(unittest.TestCase):
    def setUp(self):
        self.root = ElementTree.fromstring(chart.svg(results()))

    def bars(self) -> list[ElementTree.Element]:
        return self.root.findall(f"{SVG}rect")

    def words(self) -> list[str]:
        return [element.text for element in self.root.findall(f"{SVG}text")]

    def test_there_is_a_bar_for_each_contender_that_answered(self):
        self.assertEqual(len(self.bars()), 3 + 3)

    def test_bars_are_as_long_as_their_medians_and_sorted_by_them(self):
        floor, keys, duckdb = (float(bar.get("width")) for bar in self.bars()[:3])
        self.assertAlmostEqual(duckdb / keys, 4.0 / 2.0, places=2)
        self.assertAlmostEqual(floor / keys, 1.6 / 2.0, places=2)

    def test_a_contender_that_was_stopped_comes_last_and_says_why(self):
        words = self.words()
        self.assertLess(words.index("DuckDB <scanner>"), words.index("Celery"))
        self.assertEqual(words[words.index("Celery") + 1], "over 8 GB after 30 s")

    def test_nothing_is_drawn_beyond_its_edges(self):
        width = float(self.root.get("width"))
        for bar in self.bars():
            self.assertLess(float(bar.get("x")) + float(bar.get("width")), width)
        for line in self.root.findall(f"{SVG}line"):
            self.assertLess(float(line.get("x2")), width)

    def test_it_follows_the_readers_mode(self):
        self.assertIn("prefers-color-scheme: dark", self.root.find(f"{SVG}style").text)


if __name__ == "__main__":
    unittest.main()
