"""Tests of medians and of ratios taken round by round."""

import unittest

from spread import Spread, ratios


class SpreadTest(unittest.TestCase):
    def test_has_the_median_and_the_ends(self):
        self.assertEqual(Spread.of([3.0, 1.0, 10.0]), Spread(3.0, 1.0, 10.0))

    def test_of_an_even_number_is_the_mean_of_the_two_in_the_middle(self):
        self.assertEqual(Spread.of([4.0, 1.0, 2.0, 9.0]).median, 3.0)

    def test_of_nothing_is_none(self):
        self.assertIsNone(Spread.of([]))


class RatiosTest(unittest.TestCase):
    def test_are_taken_within_a_round(self):
        # The machine is three times slower in the second round, for both.
        self.assertEqual(ratios({1: 2.0, 2: 6.0}, {1: 1.0, 2: 3.0}), [2.0, 2.0])

    def test_leave_out_a_round_that_one_of_both_has_not_run(self):
        self.assertEqual(ratios({1: 2.0, 2: 6.0}, {2: 3.0, 3: 1.0}), [2.0])


if __name__ == "__main__":
    unittest.main()
