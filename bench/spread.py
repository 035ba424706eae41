"""The median of repeated measurements, and their distance from it."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median of some measurements, with the least and the greatest of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread | None":
        """None where nothing was measured."""
        measured = sorted(values)
        if not measured:
            return None
        return cls(statistics.median(measured), measured[0], measured[-1])


def ratios(of: Mapping[int, float], to: Mapping[int, float]) -> list[float]:
    """One quotient a round, over the rounds in which both were measured.

    What slows a machine down for a while slows down both of a round, so that quotients taken
    round by round differ less than the quotient of two medians.
    """
    return [value / to[number] for number, value in of.items() if number in to]
