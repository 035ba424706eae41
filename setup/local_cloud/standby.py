"""A hot standby of the stack's PostgreSQL, which cancels queries rather than lag behind."""

import pwd
import shutil
import subprocess
import time
from pathlib import Path

import account
import ports
import postgres
from process import Server
from steps import Failure

# So that its primary cleans away nothing by itself.
OF_PRIMARY = {"autovacuum": "off"}

# What makes recovery conflicts certain. `hot_standby_feedback` is off by itself, and is left to
# `ALTER SYSTEM`; the primary hears of it soon.
SETTINGS = {
    **postgres.SETTINGS,
    "max_standby_streaming_delay": "0",
    "wal_receiver_status_interval": "1s",
}


def up(home: Path, server: Server, port_record: Path, primary_url: str) -> str:
    """Start it where it does not run, copied from the primary anew, and return its URL."""
    if not server.is_running():
        postgres.remove_home(home)
        port = ports.keep_or_choose(port_record)
        owner = account.for_postgres()
        copy(home, postgres.prepare_home(home, owner), owner, primary_url)
        postgres.start(home, server, {**SETTINGS, "port": str(port)})
    url = postgres.url(int(port_record.read_text()))
    postgres.wait_until_ready(server, url)
    wait_until_streaming(server, primary_url)
    return url


def copy(home: Path, installation: Path, owner: pwd.struct_passwd | None, primary_url: str) -> None:
    """A copy of the primary's data, which follows it once it is started."""
    data = home.resolve() / "data"
    argv = [installation / "bin" / "pg_basebackup", "--pgdata", data, "--dbname", primary_url]
    argv += ["--write-recovery-conf", "--wal-method", "stream", "--checkpoint", "fast"]
    result = subprocess.run(
        [*argv, "--no-sync"],
        cwd="/",
        env=postgres.SERVER_ENV,
        capture_output=True,
        text=True,
        **account.identity(owner),
    )
    if result.returncode != 0:
        shutil.rmtree(data, ignore_errors=True)
        raise Failure(f"pg_basebackup: {result.stderr.strip()}")


def wait_until_streaming(server: Server, primary_url: str) -> None:
    deadline = time.monotonic() + 30
    streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
    while postgres.query(primary_url, streaming) == "0":
        if time.monotonic() > deadline:
            raise Failure("the standby does not follow its primary", log=server.log)
        time.sleep(0.05)
