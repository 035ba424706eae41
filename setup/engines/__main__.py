"""`make engines`: tests on other engines what `make test` tests on one.

Each module of `MODULES` has a function `runs`, which yields a `Run` for each engine. After each its
result is in the table of docs/engines.md; rows of engines that did not run stay.
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "local_cloud"))

import dynamodb_local
import localstack
import localstack_template
import pooler
import postgres_versions
import table
import valkey_cluster
from run import Run
from steps import Failure

MODULES = (
    postgres_versions,
    pooler,
    dynamodb_local,
    localstack,
    localstack_template,
    valkey_cluster,
)


def main() -> int:
    runs = {one.name: one for module in MODULES for one in module.runs()}
    parser = argparse.ArgumentParser(prog="make engines", description="Test on other engines.")
    parser.add_argument("names", nargs="*", metavar="ENGINE", help=f"of {', '.join(runs)}; all")
    chosen = parser.parse_args().names or list(runs)
    if unknown := set(chosen) - runs.keys():
        parser.error(f"there is no {', '.join(unknown)}; choose from {', '.join(runs)}")
    failed = []
    for name in chosen:
        rows = results(runs[name])
        table.write(rows)
        failed += [row for row in rows if not row.passed]
    for row in failed:
        print(f"{row.part} on {row.engine} {row.version}: {row.result}", file=sys.stderr)
    return 1 if failed else 0


def results(one: Run) -> list[table.Row]:
    """The rows of a run, also where its engine does not start."""
    try:
        return one.rows()
    except Failure as failure:
        return [one.not_run(failure.why)]


if __name__ == "__main__":
    # So that a plain `kill` stops the engine too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(failure.report())
