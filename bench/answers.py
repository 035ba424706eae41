"""SQL's rows as the answer to a query, and whether a contender returns the same ones."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import postgres
from run import Run
from steps import Failure


@dataclass(frozen=True)
class Answers:
    """SQL's rows, in an order of their own, and what counts as the same."""

    rows: int
    expected: Sequence[Sequence]
    # Columns in which a contender may be off by this part of the value; all others are exact.
    rough: Mapping[int, float] = field(default_factory=dict)
    # How the contender's answer is read as such rows.
    read: Callable[[Any], Sequence[Sequence]] = list

    def read_by(self, read: Callable[[Any], Sequence[Sequence]]) -> "Answers":
        """The same of a contender that writes its answer in another form."""
        return replace(self, read=read)

    def check(self, run: Run, title: str) -> None:
        """Fail, naming the contender, unless it answered as SQL; then forget the answer, which
        may be long."""
        if run.stopped:
            return
        if run.rows is not None and run.rows != self.rows:
            raise Failure(f"{title} read {run.rows:,} rows, and there are {self.rows:,}")
        rows = self.read(run.result)
        if len(rows) != len(self.expected):
            raise Failure(f"{title} answered {len(rows)} rows, SQL {len(self.expected)}")
        for row, expected in zip(rows, self.expected, strict=True):
            if not self.is_same(row, expected):
                raise Failure(f"{title} answered {list(row)}, but SQL says {list(expected)}")
        run.result = None

    def is_same(self, row: Sequence, expected: Sequence) -> bool:
        return len(row) == len(expected) and all(
            math.isclose(value, wanted, rel_tol=self.rough[column])
            if column in self.rough
            else exact(value) == exact(wanted)
            for column, (value, wanted) in enumerate(zip(row, expected, strict=True))
        )


class OfEach:
    """The truth of rounds whose contenders answer several queries: each has its own."""

    def check(self, run: Run, title: str, accepts: Answers) -> None:
        accepts.check(run, title)


def exact(value: object) -> object:
    """A value such that numbers are equal if all their digits are; texts of digits are numbers."""
    if isinstance(value, str):
        try:
            return Decimal(value)
        except ArithmeticError:
            return value
    return Decimal(repr(value)) if isinstance(value, float) else value


def rows_of_sql(database_url: str, sql: str) -> list[list]:
    """The rows of a statement in JSON's types; numerics that are to be exact are cast to text."""
    return json.loads(postgres.query(database_url, as_json(sql)))


def as_json(sql: str) -> str:
    """A statement whose one value is the rows of `sql`, each a JSON array."""
    return (
        "SELECT coalesce(json_agg((SELECT json_agg(value) FROM json_each(to_json(one)))), '[]') "
        f"FROM ({sql}) AS one"
    )
