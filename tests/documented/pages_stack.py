"""A stack with the tables and the sources of the pages: tests are about other sources."""

import os
from pathlib import Path

import postgres
from stack import Stack

HERE = Path(__file__).parent
SOURCES = HERE / "sources.json"
TABLES = HERE / "tables.sql"


class PagesStack:
    def __init__(self):
        self.stack = Stack(Path(os.environ["STACK_STATE"]) / "pages")

    def up(self) -> dict[str, str]:
        """Start it, and return the variables by which programs find it."""
        variables = self.stack.up({"Sources": SOURCES.read_text()}, own_database=True)
        postgres.psql(variables["DATABASE_URL"], "--file", TABLES)
        return variables

    def remove(self) -> None:
        self.stack.remove()
