"""Which account PostgreSQL runs as: it refuses to be root."""

import os
import pwd
import subprocess
from pathlib import Path

from steps import Failure


def for_postgres() -> pwd.struct_passwd | None:
    """None for the caller's own account, which will do unless it is root."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise Failure(
            "PostgreSQL refuses to run as root and there is no account `nobody` to run it as",
            remedy="run make as an ordinary user",
        ) from None


def identity(account: pwd.struct_passwd | None) -> dict:
    """Arguments with which `subprocess` runs a child as `account`."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def can_run(account: pwd.struct_passwd | None, path: Path) -> bool:
    """Whether `account` may read and run a program, or enter a directory, from the root down."""
    check = ["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", path]
    return subprocess.run(check, cwd="/", **identity(account)).returncode == 0


def give(account: pwd.struct_passwd | None, directory: Path) -> None:
    """Make `account` the owner of a directory and of all in it."""
    if account is None:
        return
    os.chown(directory, account.pw_uid, account.pw_gid)
    for parent, directories, files in os.walk(directory):
        for name in directories + files:
            os.chown(Path(parent, name), account.pw_uid, account.pw_gid, follow_symlinks=False)
