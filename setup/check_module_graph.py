"""Fail if files use one another in a circle, or a room of core uses one that it may not use."""

import sys
from pathlib import Path

from module_graph import graph, python_graph, rooms, rust_graph

CHECKOUT = Path(__file__).resolve().parents[1]
CRATES = ("shared/*", "functions/*", "cli")
# Directories with Python, and the directory where their programs find other modules.
PYTHON = ("setup", "bench")
LOCAL_CLOUD = CHECKOUT / "setup" / "local_cloud"
CORE = CHECKOUT / "shared" / "core" / "src"


def main() -> None:
    texts = []
    for pattern in CRATES:
        for crate in sorted(CHECKOUT.glob(pattern)):
            for root in (crate / "src" / "lib.rs", crate / "src" / "main.rs"):
                if root.exists():
                    texts += of_crate(root)
    for name in PYTHON:
        uses = python_graph.uses_of(CHECKOUT / name, LOCAL_CLOUD)
        texts += graph.complaints(name, uses)
    if texts:
        sys.exit("\n".join(texts))


def of_crate(root: Path) -> list[str]:
    where = root.parent.relative_to(CHECKOUT).as_posix()
    uses = rust_graph.uses_of(root)
    texts = graph.complaints(where, uses)
    if root.parent == CORE and (CORE / "job" / "mod.rs").exists():
        texts += rooms.complaints(where, CORE, uses)
    return texts


if __name__ == "__main__":
    main()
