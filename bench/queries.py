"""What jobs with groups, filters and several kernels take, beside the same in SQL elsewhere."""

import datetime

import exports
import grouped
import kernels
import lineitem
import trips
import windows
from settings import Settings
from watchdog import Bounds


def measure(settings: Settings, bounds: Bounds) -> dict:
    """Every question over the largest table of the bench, and of TPC-H."""
    rows = max(settings.rows)
    url = trips.database_of(settings.database_url, rows)
    return {
        "date": datetime.date.today().isoformat(),
        "rounds": settings.rounds,
        "grouped": grouped.measure(settings, url, rows, bounds),
        "windows": windows.measure(settings, url, rows, bounds),
        "kernels": kernels.measure(settings, url, rows, bounds),
        "lineitem": lineitem.measure(settings, bounds),
        "files": exports.measure(settings, url, rows, bounds),
    }
