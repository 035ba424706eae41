"""`make engines`: what `make test` proves on one engine, on the others that people have.

Each module of `PARTS` has a function `runs`, which yields a `Run` for each engine. docs/engines.md
is written anew with what came of them; rows of parts that did not run stay.
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local_cloud"))

import pooler  # noqa: E402
import postgres_versions  # noqa: E402
import table  # noqa: E402
from run import Run  # noqa: E402
from steps import Failure  # noqa: E402

PARTS = {"postgres": postgres_versions, "pgbouncer": pooler}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make engines", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all")
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - PARTS.keys():
        parser.error(f"there is no part {', '.join(unknown)}; choose from {', '.join(PARTS)}")
    rows = [row for part in chosen for one in PARTS[part].runs() for row in results(one)]
    table.write(rows)
    failed = [row for row in rows if not row.passed]
    for row in failed:
        print(f"{row.part} on {row.engine} {row.version}: {row.result}", file=sys.stderr)
    return 1 if failed else 0


def results(one: Run) -> list[table.Row]:
    """What came of a run, also where its engine cannot be had."""
    try:
        return one.rows()
    except Failure as failure:
        return [table.Row.without_engine(one, failure.why)]


if __name__ == "__main__":
    # So that a plain `kill` stops the engine too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(failure.report())
