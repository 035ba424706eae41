"""Tests of the watchdog."""

import threading
import unittest

from watchdog import Bounds, Watchdog


def watch(memory: int, bounds: Bounds) -> Watchdog:
    stopped = threading.Event()
    with Watchdog(lambda: memory, bounds, stopped.set) as watchdog:
        assert stopped.wait(timeout=10), "the watchdog stopped nothing"
    return watchdog


class WatchdogTest(unittest.TestCase):
    def test_too_much_memory_stops_it(self):
        watchdog = watch(2_000_000_001, Bounds(seconds=60, bytes=2_000_000_000))
        self.assertEqual(watchdog.stopped, "over 2 GB after 0 s")
        self.assertEqual(watchdog.peak_bytes, 2_000_000_001)

    def test_too_long_a_time_stops_it(self):
        watchdog = watch(1, Bounds(seconds=0.01, bytes=2))
        self.assertEqual(watchdog.stopped, "no answer after 0 s")

    def test_what_stays_within_its_bounds_goes_on(self):
        looked = threading.Event()

        def memory() -> int:
            looked.set()
            return 1

        with Watchdog(memory, Bounds(60, 2), self.fail) as watchdog:
            self.assertTrue(looked.wait(timeout=10))
        self.assertIsNone(watchdog.stopped)


if __name__ == "__main__":
    unittest.main()
