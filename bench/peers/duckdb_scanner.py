"""DuckDB's scanner of PostgreSQL: COPY of ranges of blocks over several connections.

It answers the minimum distance, or with the rows of a statement that it is given.
"""

import json
import os
import sys
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
if sys.argv[1:]:
    result, rows = connection.execute(sys.argv[1]).fetchall(), None
else:
    result, rows = connection.execute(SQL).fetchone()
# Decimals as texts, so that no digit is lost.
print(json.dumps({"result": result, "rows": rows}, default=str))
