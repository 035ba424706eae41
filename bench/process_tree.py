"""Processes as the kernel accounts for them: who belongs together, their CPU and their memory."""

import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

GONE = (FileNotFoundError, ProcessLookupError)


def tree(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for member in found:
        with suppress(*GONE):
            for thread in Path(f"/proc/{member}/task").iterdir():
                with suppress(*GONE):
                    found += map(int, (thread / "children").read_text().split())
    return found


def name(pid: int) -> str:
    """The name of its program, cut to 15 characters; empty if it is gone."""
    with suppress(*GONE):
        return Path(f"/proc/{pid}/comm").read_text().rstrip("\n")
    return ""


def cpu_seconds(pid: int) -> float:
    """The CPU time of all threads of a process, to the nanosecond; 0 if it has ended."""
    # clock_getcpuclockid(3), which Python does not have.
    clock = (~pid << 3) | 2
    try:
        return time.clock_gettime(clock)
    except OSError:
        return 0.0


def cpu_of_the_reaped(pid: int) -> float:
    """The CPU time of the ended children of a process, to the hundredth of a second."""
    with suppress(*GONE):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / 100
    return 0.0


def peak_bytes(pid: int) -> int:
    """The peak resident memory of a process; 0 if the process has ended."""
    return kilobytes(Path(f"/proc/{pid}/status"), "VmHWM:") * 1024


def resident_bytes(pids: Iterable[int]) -> int:
    """What some processes have resident together: a page that n of them share counts 1/n each."""
    return sum(kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") for pid in pids) * 1024


def memory_of_tree(pid: int) -> int:
    """The peak of a process that is alone; of a tree, what it has resident now."""
    pids = tree(pid)
    return resident_bytes(pids) if len(pids) > 1 else peak_bytes(pid)


def kilobytes(file: Path, field: str) -> int:
    with suppress(*GONE, PermissionError):
        for line in file.read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    return 0
