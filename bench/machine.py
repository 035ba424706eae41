"""The machine of the measurements, and the versions of the programs."""

import datetime
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import postgres
from settings import Settings

PACKAGES = (
    "duckdb",
    "duckdb-ext-postgres",
    "connectorx",
    "polars",
    "psycopg",
    "numpy",
    "celery",
    "redis",
    "Flask",
    "pandas",
    "SQLAlchemy",
)


def describe(settings: Settings) -> dict:
    """Date, machine and versions, as they go into results.json."""
    return {
        "date": datetime.date.today().isoformat(),
        "commit": said("git", "-C", str(settings.checkout), "describe", "--always", "--dirty"),
        "machine": {
            "processor": field_of(Path("/proc/cpuinfo"), "model name", ":") or platform.machine(),
            "cpus": os.cpu_count(),
            "memory_bytes": settings.machine_bytes,
            "system": field_of(Path("/etc/os-release"), "PRETTY_NAME", "=").strip('"'),
            "kernel": platform.release(),
        },
        "versions": {
            "PostgreSQL": postgres.query(settings.database_url, "SHOW server_version"),
            "shared_buffers": postgres.query(settings.database_url, "SHOW shared_buffers"),
            "Valkey": said(settings.valkey_server, "--version").split("v=")[-1].split(" ")[0],
            "rustc": said("rustc", "--version"),
            "Python": platform.python_version(),
            **{name: metadata.version(name) for name in PACKAGES},
        },
    }


def said(*argv: str) -> str:
    """The output of a program; empty where the program is missing."""
    try:
        return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def field_of(file: Path, name: str, separator: str) -> str:
    if not file.exists():
        return ""
    lines = (line.partition(separator) for line in file.read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "")
