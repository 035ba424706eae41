"""docs/engines.md: which part was tested on which engine, when, and with what result."""

import re
from dataclasses import dataclass

from paths import CHECKOUT

PAGE = CHECKOUT / "docs" / "engines.md"
HEAD = "| part | engine | version | date | result |\n|---|---|---|---|---|\n"
ROW = re.compile(r"^\| (.+?) \| (.+?) \| (.+?) \| (\d{4}-\d\d-\d\d) \| (.+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    part: str
    engine: str
    version: str
    date: str
    result: str
    passed: bool

    def is_on(self) -> tuple[str, str]:
        """The engine with its major version, which has one result of each part."""
        return self.engine, self.version.partition(".")[0]

    def line(self) -> str:
        cells = (self.part, self.engine, self.version, self.date, self.result)
        escaped = (cell.replace("|", "\\|") for cell in cells)
        return f"| {' | '.join(escaped)} |\n"


def write(rows: list[Row]) -> None:
    """Replace the rows of the same engines; the others and the text above the table stay."""
    page = PAGE.read_text()
    text = page[: page.index(HEAD)]
    new = {row.is_on() for row in rows}
    before = [Row(*cells, passed=True) for cells in ROW.findall(page)]
    kept = [row for row in before if row.is_on() not in new]
    everything = sorted([*kept, *rows], key=Row.is_on)
    PAGE.write_text(text + HEAD + "".join(row.line() for row in everything))
