"""`make sources`: propose the catalogue of a database, in a file for `make up SOURCES=…`."""

import argparse
import json
import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import postgres
import template_parameters
import tools
from paths import CHECKOUT
from steps import Failure, step

DISCOVER_SQL = CHECKOUT / "setup" / "db" / "discover.sql"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tables", default="", help="only these, in this order (all)")
    parser.add_argument("--force", action="store_true", help="overwrite the file")
    parser.add_argument("--file", type=Path, default=Path("sources.json"), help="(sources.json)")


def run(options: argparse.Namespace) -> None:
    database_url = os.environ.get("DATABASE_URL")
    if not database_url:
        raise Failure(
            "DATABASE_URL is not set",
            remedy="make sources DATABASE_URL=postgresql://me:secret@127.0.0.1/mine",
        )
    file: Path = options.file
    if file.exists() and not options.force:
        raise Failure(
            f"{file} exists already",
            remedy=f"make sources FORCE=1 overwrites it; make up SOURCES={file} takes it as it is",
        )
    program = psql()
    with step("sources", "looking at the tables of DATABASE_URL"):
        proposal, left_out = discover(program, database_url, options.tables)
    for line in left_out:
        print(f"  {line}")
    sources = json.loads(proposal)
    if not sources:
        raise Failure(
            "no table can be proposed", remedy="docs/sources.md says how to write the file by hand"
        )
    try:
        template_parameters.as_deployed({template_parameters.SOURCES: proposal})
    except Failure as failure:
        raise Failure(failure.why, remedy="name fewer tables: TABLES='…'") from None
    file.write_text(f"{proposal}\n", encoding="utf-8")
    print(f"\n{file} has {', '.join(sources)}. Look at it, then:\n  make up SOURCES={file}")


def discover(program: str | Path, database_url: str, tables: str) -> tuple[str, list[str]]:
    """The proposed catalogue as JSON, and what was left out and why, a sentence each."""
    argv = [program, "--no-psqlrc", "--dbname", database_url, "--set", f"tables={tables}"]
    ran = subprocess.run(
        [*argv, "--file", DISCOVER_SQL],
        env={"PGCONNECT_TIMEOUT": "10", **os.environ, "PGCLIENTENCODING": "UTF8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
    )
    if ran.returncode != 0:
        raise Failure(f"psql, at {urlsplit(database_url).hostname}: {ran.stderr.strip()}")
    return ran.stdout.strip(), ran.stderr.splitlines()


def psql() -> str | Path:
    """The pinned psql if it is there, else that of the system, else the pinned one."""
    if not (tools.CLOUD / "cloud.txt.stamp").exists():
        if of_system := shutil.which("psql"):
            return of_system
        tools.install()
    return postgres.program("psql")
