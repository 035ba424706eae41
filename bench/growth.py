"""How pgfold's time and memory grow with the rows and with the chunks."""

from dataclasses import asdict

import contenders
import tables
from rounds import Rounds
from settings import Settings
from steps import step
from truth import Truth
from watchdog import Bounds

CHUNKS = (4, 16, 64)
ROUNDS = 3


def measure(settings: Settings, bounds: Bounds) -> list[dict]:
    """Runs by rows and chunks."""
    measured = []
    for rows in settings.growth_rows:
        url = tables.database_of(settings.database_url, rows)
        with step("growth", f"{rows:,} rows in {', '.join(map(str, CHUNKS))} chunks") as current:
            by_chunks = [contenders.pgfold_in_chunks(settings, chunks) for chunks in CHUNKS]
            rounds = Rounds(by_chunks, url, Truth.of(url), bounds)
            for key, runs in rounds.run(min(settings.rounds, ROUNDS), current).items():
                measured.append({"rows": rows, "chunks": int(key), "runs": [*map(asdict, runs)]})
    return measured
