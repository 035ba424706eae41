"""SQL's answer about the table, and whether a contender returns the same."""

import math
from dataclasses import dataclass

import postgres
from run import Run
from steps import Failure

# PostgreSQL's `^` is the C library's pow, which may differ from a product in the last bit.
BY_POW = "min(sqrt((x2-x1)^2 + (y2-y1)^2))"
BY_PRODUCT = "sqrt(min((x2-x1)*(x2-x1) + (y2-y1)*(y2-y1)))"

# What counts as right: the exact double of `^`, one of the two, ten decimals, or no answer.
POW, EITHER, TEN_DECIMALS, ROWS_ALONE = "pow", "either", "ten decimals", "rows alone"


@dataclass(frozen=True)
class Truth:
    """SQL's answers about one table."""

    rows: int
    by_pow: float
    by_product: float

    @classmethod
    def of(cls, database_url: str, table: str = "points") -> "Truth":
        answer = postgres.query(
            database_url, f"SELECT count(*), {BY_POW}, {BY_PRODUCT} FROM {table}"
        )
        rows, by_pow, by_product = answer.split("|")
        return cls(int(rows), float(by_pow), float(by_product))

    def check(self, run: Run, title: str, accepts: str) -> None:
        """Fail, naming the contender, unless it counted every row and returned the right answer."""
        if run.stopped:
            return
        if run.rows is not None and run.rows != self.rows:
            raise Failure(f"{title} read {run.rows:,} rows, and there are {self.rows:,}")
        if not self.accepts(run.result, accepts):
            raise Failure(
                f"{title} answered {run.result!r}, but SQL says {self.by_pow!r} "
                f"(with products {self.by_product!r})"
            )

    def accepts(self, result: float | None, accepts: str) -> bool:
        if accepts == ROWS_ALONE or result is None:
            return accepts == ROWS_ALONE and result is None
        if accepts == TEN_DECIMALS:
            # Each coordinate is off by half of the tenth decimal at most, each difference by one.
            return math.isclose(result, self.by_pow, rel_tol=0, abs_tol=2e-10)
        return result == self.by_pow or (accepts == EITHER and result == self.by_product)
