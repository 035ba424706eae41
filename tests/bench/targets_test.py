"""Tests of what is met and what is not."""

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

    def test_what_was_not_measured_is_neither_met_nor_missed(self):
        given = results() | {"tables": {}}
        self.assertIsNone(self.met(given)["the same: keys ÷ DuckDB ≤ 0.9"])
        self.assertIsNone(self.met(results())["the same: blocks ÷ DuckDB ≤ 0.75"])


if __name__ == "__main__":
    unittest.main()
