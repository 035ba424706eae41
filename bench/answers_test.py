"""Tests of what counts as the same answer as SQL's."""

import unittest

from answers import Answers, OfEach
from run import Run
from steps import Failure


def check(answers: Answers, result: object, rows: int | None = None) -> Run:
    run = Run(1.0, 1.0, 1, result, rows)
    OfEach().check(run, "DuckDB", answers)
    return run


class AnswersTest(unittest.TestCase):
    EXPECTED = Answers(3, [["A", "10.50", 0.1, 2], ["B", "7", 1.5, 1]], {2: 1e-6})

    def test_equal_rows_pass_and_are_forgotten(self):
        run = check(self.EXPECTED, [["A", 10.5, 0.1000000001, 2], ["B", "7.00", 1.5, 1]], 3)
        self.assertIsNone(run.result)

    def test_a_last_digit_that_differs_fails_and_names_both(self):
        with self.assertRaisesRegex(Failure, r"DuckDB answered \['A', '10\.51'.*SQL says"):
            check(self.EXPECTED, [["A", "10.51", 0.1, 2], ["B", "7", 1.5, 1]])

    def test_a_bit_of_a_double_counts_in_a_column_that_is_not_rough(self):
        answers = Answers(1, [[0.1]])
        check(answers, [[0.1]])
        with self.assertRaises(Failure):
            check(answers, [[0.10000000000000002]])

    def test_a_rough_column_may_be_off_by_its_part_and_no_more(self):
        with self.assertRaises(Failure):
            check(self.EXPECTED, [["A", "10.50", 0.10001, 2], ["B", "7", 1.5, 1]])

    def test_a_missing_group_fails(self):
        with self.assertRaisesRegex(Failure, "DuckDB answered 1 rows, SQL 2"):
            check(self.EXPECTED, [["A", "10.50", 0.1, 2]])

    def test_rows_that_were_not_read_fail(self):
        with self.assertRaisesRegex(Failure, "read 2 rows, and there are 3"):
            check(self.EXPECTED, [], 2)

    def test_an_answer_in_another_form_is_read_first(self):
        answers = self.EXPECTED.read_by(lambda answer: answer["groups"])
        check(answers, {"groups": [["A", "10.50", 0.1, 2], ["B", "7", 1.5, 1]]})


if __name__ == "__main__":
    unittest.main()
