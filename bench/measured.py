"""Questions to results.json: what a contender took, and how two of a table compare."""

from collections.abc import Mapping

from spread import Spread, ratios


def of_rounds(runs: list[Mapping], what: str) -> dict[int, float]:
    """One quantity of a contender by round; nothing of the runs that were stopped."""
    return {run["round"]: run[what] for run in runs if not run["stopped"] and run[what] is not None}


def spread(runs: list[Mapping], what: str, scale: float = 1) -> Spread | None:
    """The spread of one quantity of a contender, in units of `1 / scale`."""
    return Spread.of(value * scale for value in of_rounds(runs, what).values())


def ratio(
    of: list[Mapping], to: list[Mapping], what: str = "seconds", scale: float = 1
) -> Spread | None:
    """The spread of one quantity of a contender over that of another, round by round, in units of
    `1 / scale`."""
    by_round = ratios(of_rounds(of, what), of_rounds(to, what))
    return Spread.of(value * scale for value in by_round)
