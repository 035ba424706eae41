"""Writes results.json, the chart and the tables; also again from the published results.

`python3 bench/publish.py` does the latter, after a change of the chart or the tables.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import chart
import report

CHECKOUT = Path(__file__).resolve().parents[1]
PUBLISHED = CHECKOUT / "docs" / "bench"
README = CHECKOUT / "README.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def publish(results: Mapping, directory: Path, in_readme: bool) -> str:
    """Write everything into a directory, and the tables into README.md too; return the tables."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (directory / "results.svg").write_text(chart.svg(results))
    tables = report.markdown(results, "docs/bench/results.svg")
    if in_readme:
        README.write_text(between_markers(README.read_text(), tables))
    else:
        (directory / "results.md").write_text(tables + "\n")
    return tables


def between_markers(text: str, tables: str) -> str:
    """The text with what stands between the markers replaced."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no {BEGIN} … {END}")
    return f"{before}{begin}\n{tables}\n{end}{after}"


if __name__ == "__main__":
    publish(json.loads((PUBLISHED / "results.json").read_text()), PUBLISHED, in_readme=True)
