"""Tests of the tables."""

import unittest

import cells
import report
from sample_results import results
from spread import Spread


class ReportTest(unittest.TestCase):
    def setUp(self):
        self.lines = report.markdown(results(), "chart.svg").splitlines()

    def line(self, beginning: str) -> str:
        return next(line for line in self.lines if line.startswith(f"| {beginning}"))

    def test_a_line_has_times_ratios_cpu_a_row_and_memory(self):
        self.assertEqual(
            self.line("DuckDB"),
            "| DuckDB <scanner> | 4.00 [2.00–6.00] | 2.00 [2.00–2.00] | 400 [200–600] "
            "| 0.500 [0.500–0.500] | 20.0 [20.0–20.0] |",
        )

    def test_a_contender_that_was_stopped_says_why(self):
        self.assertIn("stopped: over 8 GB after 30 s", self.line("Celery"))

    def test_a_function_has_its_size_its_times_and_its_memory(self):
        self.assertEqual(
            self.line("`mapper`"),
            "| `mapper` | 4.90 | 8.00 [7.00–9.00] | 25.0 [20.0–30.0] | 2.50 [2.00–3.00] "
            "| 14.5 [14.0–15.0] |",
        )

    def test_a_fold_has_its_time_a_row(self):
        self.assertEqual(self.line("`euclidean`"), "| `euclidean` | 2.50 [2.00–4.00] |")

    def test_a_query_has_the_times_of_all_beside_ours(self):
        self.assertIn(
            "| `summary` of a double in 1,000 trips in 1,000 groups | s |", "\n".join(self.lines)
        )
        self.assertTrue(
            self.line("ungrouped |").startswith("| ungrouped | 1.00 [1.00–1.00] | 0.857 ")
        )

    def test_a_window_has_its_blocks_and_its_plan(self):
        expected = "Blocks read, of memory or not: pgfold 1,010, duckdb 90,000, sql 1,000."
        self.assertIn(f"{expected} A plan takes 3.00 [2.00–20.0] ms.", self.lines)

    def test_query_1_says_of_which_scale(self):
        head = "| TPC-H's query 1, scale 1, 1,000 rows of `lineitem` | s |"
        self.assertIn(head, "\n".join(self.lines))

    def test_every_line_of_a_table_has_as_many_cells_as_its_head(self):
        counts = set()
        for line in [*self.lines, ""]:
            if line.startswith("|"):
                counts.add(line.count("|"))
            else:
                self.assertLessEqual(len(counts), 1, counts)
                counts.clear()

    def test_a_figure_has_about_three_digits_that_count(self):
        figures = [cells.figure(value) for value in (0.0123, 1.234, 12.34, 1234.5)]
        self.assertEqual(figures, ["0.012", "1.23", "12.3", "1,234"])

    def test_what_was_not_measured_is_a_dash(self):
        self.assertEqual(cells.cell(None), "–")
        self.assertEqual(cells.cell(Spread(1, 1, 2)), "1.00 [1.00–2.00]")


if __name__ == "__main__":
    unittest.main()
