"""The settings of this run, which `setup/local_cloud bench` chooses."""

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """The choices of the caller and the addresses of the stack."""

    rows: list[int]
    growth_rows: list[int]
    lineitem_scale: float
    rounds: int
    # The one part that is measured; None for all.
    only: str | None
    # Whether this is the whole bench, whose figures docs/benchmarks.md and README.md show.
    publish: bool
    checkout: Path
    state: Path
    mapper_path: str
    psql: str
    valkey_server: str
    # Where pgfold's functions lie, built as they are shipped.
    programs: Path
    api_url: str
    aws_endpoint: str
    database_url: str
    machine_bytes: int

    @classmethod
    def parse(cls, text: str) -> "Settings":
        given = json.loads(text)
        return cls(
            **given | {name: Path(given[name]) for name in ("checkout", "state", "programs")},
            # Queries alone need neither.
            api_url=os.environ.get("API_URL", ""),
            aws_endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
            database_url=os.environ["DATABASE_URL"],
            machine_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        )
