"""The pinned tools: Python environments under .local/tools, shared by the stacks of a checkout."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import command
from paths import LOCAL, REQUIREMENTS
from steps import Failure, Step, step

TOOLS = LOCAL / "tools"
CLOUD = TOOLS / "cloud"
SAM = TOOLS / "sam"


def install() -> None:
    """Install what the local cloud needs."""
    with step("tools", "emulator, PostgreSQL, Valkey, SAM CLI, cargo-lambda") as current:
        install_requirements(current, CLOUD, "cloud.txt")
        install_requirements(current, SAM, "sam.txt")


def install_sam(*, cross_compiler: bool) -> None:
    """Install what `sam` needs, and what building for AWS needs on top."""
    with step("tools", f"SAM CLI, cargo-lambda{', zig' if cross_compiler else ''}") as current:
        install_requirements(current, SAM, "sam.txt")
        if cross_compiler:
            install_requirements(current, SAM, "cross.txt")


def sam_settings() -> dict[str, str]:
    """Variables with which SAM finds its tools, sends no telemetry and writes in the checkout."""
    path = f"{SAM / 'bin'}{os.pathsep}{path_with_cargo()}"
    return {"PATH": path, "SAM_CLI_TELEMETRY": "0", "__SAM_CLI_APP_DIR": str(LOCAL / "sam")}


def path_with_cargo() -> str:
    path = os.environ["PATH"]
    if not shutil.which("cargo", path=path):
        path += f"{os.pathsep}{Path.home() / '.cargo' / 'bin'}"
    if not shutil.which("cargo", path=path):
        raise Failure(
            "there is no cargo on PATH", remedy="install Rust with rustup, then try again"
        )
    return path


def package(environment: Path, name: str) -> Path:
    """The directory of an installed Python package."""
    return next((environment / "lib").glob(f"python3*/site-packages/{name}"))


def install_requirements(current: Step, environment: Path, requirements: str) -> None:
    """Install a requirements file in an environment, unless that is done already."""
    wanted = stamp_of(environment, REQUIREMENTS / requirements)
    if is_installed(environment, requirements, wanted):
        return
    # Commands side by side may want the same tools; one installs them, and the others wait.
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / f"{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_installed(environment, requirements, wanted):
            install_anew(current, environment, requirements, wanted)


def is_installed(environment: Path, requirements: str, wanted: str) -> bool:
    python, stamp = environment / "bin" / "python", environment / f"{requirements}.stamp"
    return python.exists() and stamp.exists() and stamp.read_text() == wanted


def install_anew(current: Step, environment: Path, requirements: str, wanted: str) -> None:
    python, stamp = environment / "bin" / "python", environment / f"{requirements}.stamp"
    log = TOOLS / f"{requirements}.log"
    log.unlink(missing_ok=True)
    pip = [python, "-m", "pip"]
    if stamp.exists() or not python.exists():
        shutil.rmtree(environment, ignore_errors=True)
        pip = create(current, environment, log)
    elif not (environment / "bin" / "pip").exists():
        pip = pip_of_this_python(environment)
    quietly = [
        # Wheels only unpack; source packages run their own programs and need compilers.
        "--only-binary=:all:",
        # What is imported is compiled then; most of it never is.
        "--no-compile",
        "--no-input",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--progress-bar",
        "off",
    ]
    command.run(
        current,
        [*pip, "install", *quietly, "--no-deps", "--requirement", REQUIREMENTS / requirements],
        log=log,
        remedy="check the network and pip's settings (proxy, index), then try again",
    )
    stamp.write_text(wanted)


def stamp_of(environment: Path, requirements: Path) -> str:
    """Changes when the requirements do, or when the scripts in the environment would not work."""
    return hashlib.sha256(
        f"{environment} {sys.version} ".encode() + requirements.read_bytes()
    ).hexdigest()


def create(current: Step, environment: Path, log: Path) -> list[str | Path]:
    """Make an empty environment and return the command that runs its pip."""
    try:
        command.run(current, [sys.executable, "-m", "venv", environment], log=log)
        return [environment / "bin" / "python", "-m", "pip"]
    except Failure:
        # Debian ships venv without the pip that it puts into an environment.
        shutil.rmtree(environment, ignore_errors=True)
    command.run(
        current,
        [sys.executable, "-m", "venv", "--without-pip", environment],
        log=log,
        remedy="install Python's venv module (Debian, Ubuntu: apt install python3-venv)",
    )
    return pip_of_this_python(environment)


def pip_of_this_python(environment: Path) -> list[str | Path]:
    pip = [sys.executable, "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode != 0:
        raise Failure(
            f"{sys.executable} has neither ensurepip nor pip",
            remedy="install one of them (Debian, Ubuntu: apt install python3-venv)",
        )
    return [*pip, "--python", environment / "bin" / "python"]
