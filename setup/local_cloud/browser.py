"""The browser of the dashboard's tests: one that is there, the system's, or Playwright's own."""

import argparse
import os
import shutil
import subprocess
from pathlib import Path

import command
import tools
from paths import CHECKOUT, LOCAL
from steps import Failure, Step, step

ENVIRONMENT = tools.TOOLS / "browser"
LOG = LOCAL / "log" / "browser.log"

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OWN = tools.TOOLS / "chromium"
# Installers ask nothing, and Playwright installs below .local.
VARIABLES = {"DEBIAN_FRONTEND": "noninteractive", "PLAYWRIGHT_BROWSERS_PATH": str(OWN)}
REMEDY = (
    "install Chromium (Debian, Ubuntu: apt install chromium), or name a browser: "
    "CHROMIUM=/path/to/chrome make test"
)


def run(options: argparse.Namespace) -> int:
    """Test the dashboard of the stack that set this environment."""
    argv = [ENVIRONMENT / "bin" / "python", CHECKOUT / "tests" / "browser", *options.argv]
    return command.run_in_foreground(argv, env=os.environ | {"CHROMIUM": str(prepare())})


def prepare() -> Path:
    """Install the packages that drive a browser, and a browser unless there is one."""
    with step("browser", "Chromium, and the packages that drive it") as current:
        tools.install_requirements(current, ENVIRONMENT, "browser.txt")
        given = os.environ.get("CHROMIUM")
        if given and not shutil.which(given):
            raise Failure(f"CHROMIUM is {given}, which is not a program", remedy=REMEDY)
        return Path(given) if given else found() or installed(current)


def found() -> Path | None:
    """A browser that is there already."""
    paths = filter(None, map(shutil.which, NAMES))
    own = (path for path in OWN.glob("chromium-*/chrome-linux*/chrome"))
    return next((Path(path) for path in (*paths, *own)), None)


def installed(current: Step) -> Path:
    """A browser from the system's packages where we may install them, else Playwright's own."""
    LOG.unlink(missing_ok=True)
    for commands in (by_packages(), by_playwright()):
        try:
            for argv in commands:
                command.run(current, argv, log=LOG, env=os.environ | VARIABLES)
        except Failure:
            continue
        if browser := found():
            return browser
    raise Failure("there is no browser, and none could be installed", log=LOG, remedy=REMEDY)


def by_packages() -> list[list[str]]:
    """Commands that install Debian's Chromium; none where they would ask for a password."""
    if not shutil.which("apt-get"):
        return []
    if os.geteuid() == 0:
        sudo = []
    elif shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"]).returncode == 0:
        sudo = ["sudo", "-n"]
    else:
        return []
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium"]
    return [[*sudo, "apt-get", "update", "--quiet"], [*sudo, *install]]


def by_playwright() -> list[list[str | Path]]:
    return [[ENVIRONMENT / "bin" / "python", "-m", "playwright", "install", "chromium"]]
