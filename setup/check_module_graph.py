"""Fail if files use one another in a circle, or a room uses one that it may not use."""

import sys
from pathlib import Path

from module_graph import graph, python_graph, rooms, rust_graph
from module_graph.graph import Uses, no_uses

CHECKOUT = Path(__file__).resolve().parents[1]
CRATES = ("shared/*", "functions/*", "cli")
# Directories with Python, and the directory where their programs find other modules.
PYTHON = ("setup", "bench")
LOCAL_CLOUD = CHECKOUT / "setup" / "local_cloud"
# Folders whose folders are rooms.
HOUSES = (
    CHECKOUT / "shared" / "api" / "src",
    CHECKOUT / "shared" / "core" / "src",
    CHECKOUT / "shared" / "adapters" / "src" / "postgres",
)


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
    for house in HOUSES:
        if house.is_relative_to(root.parent):
            texts += rooms.complaints(where, house, within(house, root.parent, uses))
    return texts


def within(house: Path, source: Path, uses: Uses) -> Uses:
    """The uses between files of a house, by their paths in it."""
    prefix = house.relative_to(source).as_posix() + "/" if house != source else ""
    inside = no_uses()
    for user, used in uses.items():
        for file, names in used.items():
            if user.startswith(prefix) and file.startswith(prefix):
                inside[user.removeprefix(prefix)][file.removeprefix(prefix)] = names
    return inside


if __name__ == "__main__":
    main()
