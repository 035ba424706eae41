"""What a machine must have before anything is built: said at once, with what to do about it."""

import os
import shutil
from pathlib import Path

import tools
from paths import CHECKOUT
from steps import Failure

# A build of everything with its tests takes some 7 GB, and the next one little more.
BUILD_BYTES = 8 << 30
LEFT_BYTES = 1 << 30
# What the linker of one program takes at its peak, with the servers beside it.
MEMORY_BYTES = 2 << 30


def check() -> None:
    """Raise a failure that names what is missing."""
    tools.path_with_cargo()
    check_c_compiler()
    check_disk(has_build=any(CHECKOUT.glob("target/*/deps")))
    check_memory(available_memory())


def check_c_compiler() -> None:
    compiler = os.environ.get("CC", "cc")
    if not shutil.which(compiler.split()[0] if compiler.strip() else "cc"):
        raise Failure(
            f"there is no C compiler {compiler!r} on PATH",
            remedy="install one (Debian, Ubuntu: apt install build-essential)",
        )


def check_disk(*, has_build: bool) -> None:
    wanted = LEFT_BYTES if has_build else BUILD_BYTES
    free = shutil.disk_usage(CHECKOUT).free
    if free < wanted:
        raise Failure(
            f"{CHECKOUT} has {gigabytes(free)} free, and building takes {gigabytes(wanted)}",
            remedy="free some space, or clone pgfold on another disk",
        )


def check_memory(available: int | None) -> None:
    if available is not None and available < MEMORY_BYTES:
        raise Failure(
            f"{gigabytes(available)} of memory are available, and building takes "
            f"{gigabytes(MEMORY_BYTES)}",
            remedy="end other programs, or add memory or swap",
        )


def available_memory() -> int | None:
    """What can be had without swapping, and the free swap; none if the kernel does not say."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    kilobytes = {name: int(rest.split()[0]) for name, _, rest in (x.partition(":") for x in lines)}
    if "MemAvailable" not in kilobytes:
        return None
    return (kilobytes["MemAvailable"] + kilobytes.get("SwapFree", 0)) << 10


def gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB"
