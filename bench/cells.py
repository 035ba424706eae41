"""Tables of Markdown, and how figures are written in them."""

from spread import Spread


def grid(head: list[str], lines: list[list[str]]) -> str:
    """A Markdown table; all but its first column are figures."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def cell(spread: Spread | None) -> str:
    """A median with the least and the greatest, such as `1.50 [1.47–1.61]`."""
    if spread is None:
        return "–"
    return f"{figure(spread.median)} [{figure(spread.low)}–{figure(spread.high)}]"


def times(spread: Spread | None) -> str:
    return figure(spread.median) if spread else "–"


def figure(value: float) -> str:
    """A number with about three digits that count."""
    decimals = 3 if value < 1 else 2 if value < 10 else 1 if value < 100 else 0
    return f"{value:,.{decimals}f}"
