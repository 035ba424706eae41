"""Writes results.json, the chart and the tables; also again from the published results.

`python3 bench/publish.py` does the latter, after a change of the chart or the tables.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import chart
import report
import summary

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED = CHECKOUT / "docs" / "bench"
# The pages that show results, each with the name of the markers around its tables.
PAGE, TABLES = CHECKOUT / "docs" / "benchmarks.md", "bench"
README, FIGURES = CHECKOUT / "README.md", "figures"


def publish(results: Mapping, directory: Path, in_pages: bool) -> str:
    """Write everything into a directory, and the tables into the pages too; return the tables."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (directory / "results.svg").write_text(chart.svg(results))
    if in_pages:
        for page, text in pages(results).items():
            page.write_text(text)
    tables = report.markdown(results, "results.svg")
    if not in_pages:
        (directory / "results.md").write_text(tables + "\n")
    return tables


def pages(results: Mapping) -> dict[Path, str]:
    """The pages as they are with these results."""
    tables = report.markdown(results, PUBLISHED.relative_to(PAGE.parent) / "results.svg")
    return {
        PAGE: between_markers(PAGE.read_text(), TABLES, tables),
        README: between_markers(README.read_text(), FIGURES, summary.markdown(results)),
    }


def between_markers(text: str, name: str, tables: str) -> str:
    """The text with what stands between the markers of that name replaced."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    before, found, rest = text.partition(begin)
    _, found_too, after = rest.partition(end)
    if not found or not found_too:
        raise ValueError(f"no {begin} … {end} in the page")
    return f"{before}{begin}\n{tables}\n{end}{after}"


def published() -> Mapping:
    return json.loads((PUBLISHED / "results.json").read_text())


if __name__ == "__main__":
    publish(published(), PUBLISHED, in_pages=True)
