"""The results as bars, in an SVG that follows the reader's light or dark mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape

import measured
from cells import figure
from report import TITLES_OF_DESIGNS, name_of
from spread import Spread

WIDTH, MARGIN = 840, 20
# Where bars begin, and how much room the figure beside the longest has.
LABELS, FIGURES = 270, 150
BAR, GAP, HEADING = 18, 10, 34

STYLE = """
    text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
    .heading { font-size: 15px; font-weight: 600 }
    .quiet { fill: #59636e }
    .ours { fill: #0969da } .floor { fill: #80ccff } .others { fill: #8c959f }
    .spread { stroke: #1f2328; stroke-width: 1.5 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc } .quiet { fill: #9198a1 } .spread { stroke: #f0f6fc }
      .ours { fill: #4493f8 } .floor { fill: #1f4e8c } .others { fill: #656c76 }
    }
"""


@dataclass(frozen=True)
class Bar:
    """One contender with its name and its time, or why it has no time."""

    title: str
    kind: str
    seconds: Spread | None
    remark: str = ""


def svg(results: Mapping) -> str:
    """The largest table, and both designs end to end."""
    rows = max(results["tables"], key=int)
    panels = [
        (f"{name_of(rows)} rows, one process: seconds", bars_of(results["tables"][rows])),
        ("A million rows, POST to answer: seconds", bars_end_to_end(results["end_to_end"])),
    ]
    y, drawn = MARGIN, []
    for heading, bars in panels:
        drawn.append(text(MARGIN, y + 15, heading, "heading"))
        y += HEADING
        drawn += panel(bars, y)
        y += len(bars) * (BAR + GAP) + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" width="{WIDTH}" '
        f'height="{y}" role="img">\n  <title>pgfold and its peers: median seconds, with the '
        f"least and the greatest; shorter is better</title>\n  <style>{STYLE}  </style>\n  "
        + "\n  ".join(drawn)
        + "\n</svg>\n"
    )


def bars_of(table: Mapping) -> list[Bar]:
    """The contenders that were measured, fastest first, then those that were stopped."""
    bars = [
        Bar(
            table["titles"][key],
            kind_of(key),
            measured.spread(runs, "seconds"),
            next((run["stopped"] for run in runs if run["stopped"]), ""),
        )
        for key, runs in table["runs"].items()
        if runs
    ]
    return sorted(bars, key=lambda bar: (bool(bar.remark), bar.seconds and bar.seconds.median))


def bars_end_to_end(runs: Mapping) -> list[Bar]:
    return [
        Bar(title.replace("`", ""), kind_of(key), measured.spread(runs[key], "seconds"))
        for key, title in TITLES_OF_DESIGNS.items()
    ]


def kind_of(key: str) -> str:
    if key.startswith("floor"):
        return "floor"
    return "ours" if key in ("keys", "blocks", "pushdown", "api") else "others"


def panel(bars: list[Bar], y: int) -> list[str]:
    """Bars on one linear scale, each with a line from its least to its greatest."""
    longest = max((bar.seconds.high for bar in bars if bar.seconds), default=1.0)
    scale = (WIDTH - LABELS - FIGURES) / longest
    drawn = []
    for number, bar in enumerate(bars):
        top = y + number * (BAR + GAP)
        middle = top + BAR / 2
        drawn.append(text(LABELS - 10, top + 13.5, bar.title, anchor="end"))
        if bar.remark or not bar.seconds:
            drawn.append(text(LABELS, top + 13.5, bar.remark or "not measured", "quiet"))
            continue
        low, median, high = (
            value * scale for value in (bar.seconds.low, bar.seconds.median, bar.seconds.high)
        )
        drawn.append(
            f'<rect class="{bar.kind}" x="{LABELS}" y="{top}" width="{median:.1f}" '
            f'height="{BAR}" rx="2"/>'
        )
        drawn.append(
            f'<line class="spread" x1="{LABELS + low:.1f}" x2="{LABELS + high:.1f}" '
            f'y1="{middle}" y2="{middle}"/>'
        )
        drawn.append(text(LABELS + high + 8, top + 13.5, figure(bar.seconds.median)))
    return drawn


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{of_kind}>{escape(words)}</text>'
