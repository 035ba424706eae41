"""Packages of npm, as npm packs them, in `.local/tools/engines`."""

import re
import shutil
import subprocess
from pathlib import Path

from paths import LOCAL
from steps import Failure

DOWNLOADS = LOCAL / "tools" / "engines"


def download(package: str, version: str) -> Path:
    """The archive of a package, which is downloaded once."""
    name = f"{package.removeprefix('@').replace('/', '-')}-{version}.tgz"
    if (DOWNLOADS / name).exists():
        return DOWNLOADS / name
    if not shutil.which("npm"):
        raise Failure("npm is missing: apt-get install npm")
    DOWNLOADS.mkdir(parents=True, exist_ok=True)
    packed = subprocess.run(
        ["npm", "pack", "--silent", f"{package}@{version}"],
        cwd=DOWNLOADS,
        capture_output=True,
        text=True,
    )
    if packed.returncode:
        last = (packed.stderr.strip().splitlines() or ["npm pack failed"])[-1]
        raise Failure(f"npm does not install {package}@{version}: {re.sub(r'https?://', '', last)}")
    return DOWNLOADS / name
