"""One run of one contender: what it took and what it answered."""

from dataclasses import dataclass


@dataclass
class Run:
    """What was measured. Memory and client CPU are the contender's, without PostgreSQL's."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    # A number, or the answer to a query until it has been compared.
    result: object = None
    rows: int | None = None
    # By the contender's own clock, without the start of its process, where it says so.
    inner_seconds: float | None = None
    server_cpu_seconds: float | None = None
    # Why it was stopped; then it has no answer.
    stopped: str | None = None
    round: int = 0
