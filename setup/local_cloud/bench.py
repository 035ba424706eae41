"""`bench`: pgfold and its peers side by side, on a stack of its own."""

import argparse
import json
import os
import shutil
from pathlib import Path

import command
import postgres
import tools
import valkey
from environment import for_local_programs
from paths import CHECKOUT, LOCAL
from stack import Stack, only_one_at_a_time
from steps import Failure, step

STATE = LOCAL / "bench"
ENVIRONMENT = tools.TOOLS / "bench"
PROGRAMS = CHECKOUT / "target" / "release"
MAPPER_PATH = PROGRAMS / "examples" / "mapper_path"

ROWS = [1_000_000, 10_000_000]
ROUNDS = 5
# How far pgfold's growth is followed if there is room for such a table.
MOST_ROWS = 50_000_000
ROOM_BYTES = 20 << 30

SOURCE = {"key": "id", "columns": ["x1", "y1", "x2", "y2"]}
SOURCES = {name: {"table": name, **SOURCE} for name in ("points", "small")}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Options of the command line."""
    parser.description += (
        ". The whole of it takes some 25 minutes on 2 cores and writes docs/bench and the tables "
        "of docs/benchmarks.md and README.md; a quick look, with other rows or fewer rounds, is "
        f"printed and written to {(STATE / 'results').relative_to(CHECKOUT)}."
    )
    parser.add_argument(
        "--rows",
        type=lambda text: [int(rows) for rows in text.split(",")],
        default=ROWS,
        metavar="N,N",
        help="rows of the tables (1000000,10000000)",
    )
    parser.add_argument(
        "--rounds", type=int, default=ROUNDS, metavar="N", help=f"runs of each contender ({ROUNDS})"
    )
    parser.add_argument(
        "--growth",
        choices=["auto", "full", "short"],
        default="auto",
        help="follow pgfold's growth up to 50,000,000 rows: if it is the whole bench and there are "
        "20 GB of disk (auto), always (full), or only over the tables of --rows (short)",
    )
    parser.add_argument(
        "--only",
        choices=["queries"],
        help="measure queries alone: groups, filters, several kernels; they need no functions",
    )


def run(options: argparse.Namespace) -> int:
    """Measure, and stop everything at the end, also after a failure."""
    if min(options.rows) < 1 or options.rounds < 1:
        raise Failure("there is nothing to measure", remedy="at least one row and one round")
    stack = Stack(STATE)
    try:
        variables = start(stack, options)
        with step("tools", "the programs to compare pgfold with") as current:
            tools.install_requirements(current, ENVIRONMENT, "bench.txt")
        build_mapper_path()
        python = ENVIRONMENT / "bin" / "python"
        argv = [python, CHECKOUT / "bench", json.dumps(chosen(options))]
        # With the events of tests/invoke.
        modules = (Path(__file__).parent, CHECKOUT / "tests" / "invoke")
        variables["PYTHONPATH"] = os.pathsep.join(map(str, modules))
        return command.run_in_foreground(argv, env=for_local_programs(variables))
    finally:
        stack.down()


def start(stack: Stack, options: argparse.Namespace) -> dict[str, str]:
    """Start what is measured; return the variables by which programs find it."""
    if options.only:
        with only_one_at_a_time():
            tools.install()
            return {"DATABASE_URL": stack.start_database(settings_of_server())}
    return stack.up(
        {"Sources": json.dumps(SOURCES)},
        own_database=True,
        as_shipped=True,
        database_settings=settings_of_server(),
    )


def chosen(options: argparse.Namespace) -> dict:
    """The settings of the bench, in JSON's types."""
    is_whole = options.rows == ROWS and options.rounds >= ROUNDS
    has_room = shutil.disk_usage(STATE).free >= ROOM_BYTES
    is_long = options.growth == "full" or (options.growth == "auto" and is_whole and has_room)
    return {
        "rows": options.rows,
        "growth_rows": [*options.rows, *([MOST_ROWS] if is_long else [])],
        # TPC-H's scale 1 has 6,000,000 rows.
        "lineitem_scale": 1 if is_whole else 0.1,
        "rounds": options.rounds,
        "only": options.only,
        "publish": is_whole,
        "checkout": str(CHECKOUT),
        "state": str(STATE),
        "mapper_path": str(MAPPER_PATH),
        "programs": str(PROGRAMS),
        "psql": str(postgres.program("psql")),
        "valkey_server": str(valkey.program()),
    }


def settings_of_server() -> dict[str, str]:
    """A quarter of the memory for PostgreSQL's buffers, up to 4 GB, so that tables stay in them."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"shared_buffers": f"{min(memory // 4, 4 << 30) >> 20}MB"}


def build_mapper_path() -> None:
    """Build the mappers' code as one program, optimised as the functions that are shipped."""
    with step("build", "the mapper path") as current:
        log = LOCAL / "log" / "build-bench.log"
        log.unlink(missing_ok=True)
        environment = {**os.environ, "PATH": tools.path_with_cargo()}
        cargo = ["cargo", "build", "--release", "--locked", "-p", "pgfold-tests"]
        cargo += ["--example", MAPPER_PATH.name]
        command.run(current, cargo, log=log, env=environment, cwd=CHECKOUT)
