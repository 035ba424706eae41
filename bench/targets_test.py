"""Which targets measurements meet."""

import unittest

from sample_results import results, run
from targets import targets


class TargetsTest(unittest.TestCase):
    def met(self, given: dict) -> dict[str, bool | None]:
        return {target.text(): target.is_met() for target in targets(given)}

    def test_a_target_is_decided_by_the_median_of_the_ratios_of_the_rounds(self):
        met = self.met(results())
        self.assertIs(met["the same: keys ÷ DuckDB ≤ 0.9"], True)
        self.assertIs(met["Ten million rows: keys ÷ their floor ≤ 1.15"], False)

    def test_times_faster_is_bounded_from_below(self):
        text = "A million rows, POST to answer: the Celery design's time ÷ pgfold's ≥ 12"
        given = results()
        self.assertIs(self.met(given)[text], True)
        given["end_to_end"]["api"] = [run(1, 1.0), run(2, 1.1)]
        self.assertIs(self.met(given)[text], False)

    def test_client_cpu_is_counted_by_row(self):
        text = "the same: keys, client CPU in ns a row ≤ 25"
        given = results()
        self.assertIs(self.met(given)[text], True)
        given["tables"]["10000000"]["runs"]["keys"] = [run(1, 1.0, cpu_seconds=0.26)]
        self.assertIs(self.met(given)[text], False)

    def test_the_slowest_function_decides(self):
        given = results()
        self.assertIs(self.met(given)["The slowest function's INIT in ms ≤ 20"], True)
        given["cold_start"]["functions"]["mapper"]["init_ms"] = [21.0]
        self.assertIs(self.met(given)["The slowest function's INIT in ms ≤ 20"], False)

    def test_the_number_of_chunks_decides_by_which_a_larger_table_does_worst(self):
        time = "The largest table ÷ the one before it, time a row ≤ 1.25"
        memory = "the largest table ÷ the smallest, peak memory ≤ 1.1"
        given = results()
        self.assertEqual([self.met(given)[text] for text in (time, memory)], [True, True])
        given["growth"][3]["runs"] = [run(1, 4.0, peak_bytes=23_000_000)]
        self.assertEqual([self.met(given)[text] for text in (time, memory)], [False, False])
        given["growth"] = given["growth"][:2]
        self.assertEqual([self.met(given)[text] for text in (time, memory)], [None, None])

    def test_folds_are_bounded_by_metric(self):
        met = self.met(results())
        self.assertIs(met["Folding a row by `euclidean`, in ns ≤ 3"], True)
        self.assertIs(met["Folding a row by `geodesic`, in ns ≤ 6"], False)
        self.assertIsNone(met["Folding a row by `haversine`, in ns ≤ 6"])

    def test_a_grouped_fold_is_bounded_beside_duckdb_and_beside_one_without_groups(self):
        given = results()
        beside_duckdb = "1,000 rows in 1,000 groups: pgfold ÷ DuckDB's GROUP BY ≤ 0.8"
        beside_ungrouped = "the same: pgfold ÷ its fold without groups ≤ 1.25"
        self.assertIs(self.met(given)[beside_duckdb], True)
        self.assertIs(self.met(given)[beside_ungrouped], True)
        at_one_instant = "the same at one instant, by ranges of blocks ≤ 0.8"
        self.assertIs(self.met(given)[at_one_instant], True)
        given["queries"]["grouped"]["runs"]["grouped"] = [run(1, 1.7), run(2, 1.7)]
        self.assertIs(self.met(given)[beside_duckdb], False)
        self.assertIs(self.met(given)[beside_ungrouped], False)
        given["queries"]["grouped"]["runs"]["grouped-blocks"] = [run(1, 1.7), run(2, 1.7)]
        self.assertIs(self.met(given)[at_one_instant], False)

    def test_a_window_is_bounded_in_time_blocks_and_planning(self):
        given = results()
        texts = [
            "1 % of the rows by key: pgfold ÷ DuckDB ≤ 0.3",
            "the same: blocks read ÷ psql's ≤ 1.1",
            "the same: its plan in ms ≤ 10",
        ]
        self.assertEqual([self.met(given)[text] for text in texts], [True, True, True])
        window = given["queries"]["windows"]["key"]
        window["runs"]["pgfold"] = [run(1, 0.2)]
        window["blocks"]["pgfold"] = 1101
        window["plan_ms"] = [2.0, 11.0, 20.0]
        self.assertEqual([self.met(given)[text] for text in texts], [False, False, False])

    def test_five_kernels_are_bounded_by_one(self):
        given = results()
        text = "Five kernels in one pass ÷ one of them ≤ 1.4"
        self.assertIs(self.met(given)[text], True)
        given["queries"]["kernels"]["runs"]["five"] = [run(1, 1.5)]
        self.assertIs(self.met(given)[text], False)

    def test_results_of_before_there_were_queries_have_no_targets_of_them(self):
        given = results()
        del given["queries"]
        self.assertFalse([text for text in self.met(given) if "groups" in text])

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        given = results() | {"tables": {}}
        self.assertIsNone(self.met(given)["the same: keys ÷ DuckDB ≤ 0.9"])
        self.assertIsNone(self.met(results())["the same: blocks ÷ DuckDB ≤ 0.75"])


if __name__ == "__main__":
    unittest.main()
