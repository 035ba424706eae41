"""DuckDB's scanner of PostgreSQL: COPY of ranges of blocks over several connections."""

import json
import os
from importlib import metadata
from pathlib import Path

import duckdb

SQL = """
    SELECT sqrt(min((x2-x1)*(x2-x1) + (y2-y1)*(y2-y1))), count(*) FROM postgres.points
"""


def extension() -> Path:
    """The reader of PostgreSQL, from the wheel that carries it."""
    files = metadata.files("duckdb-ext-postgres") or []
    return next(Path(file.locate()) for file in files if file.suffix == ".duckdb_extension")


connection = duckdb.connect()
connection.execute(f"LOAD '{extension()}'")
connection.execute(f"ATTACH '{os.environ['DATABASE_URL']}' AS postgres (TYPE postgres, READ_ONLY)")
result, rows = connection.execute(SQL).fetchone()
print(json.dumps({"result": result, "rows": rows}))
