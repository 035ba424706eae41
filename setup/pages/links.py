"""Links between the files of a checkout."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from pages import markdown

ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")


def complaints(checkout: Path, pages: Iterable[Path]) -> Iterator[str]:
    """A text for each link of these pages that leads nowhere."""
    for page in pages:
        for number, address in markdown.links(page.read_text()):
            if not ELSEWHERE.match(address) and (why := problem(checkout, page, address)):
                yield f"{page.relative_to(checkout).as_posix()}:{number}: {address} {why}"


def problem(checkout: Path, page: Path, address: str) -> str | None:
    """Why a relative link leads nowhere, if it does not."""
    path, _, anchor = unquote(address).partition("#")
    if path.startswith("/"):
        return "is not relative"
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(checkout):
        return "leads out of the checkout"
    if not is_there(target):
        return "does not exist"
    if anchor and target.suffix != ".md":
        return "has an anchor, which only pages have"
    if anchor and anchor not in markdown.anchors(target.read_text()):
        return f"has no heading #{anchor}"
    return None


def is_there(target: Path) -> bool:
    """Whether the file is there by this very name, also where the file system ignores case."""
    return target.exists() and (target.is_dir() or target.name in set(names_in(target.parent)))


def names_in(directory: Path) -> Iterator[str]:
    return (file.name for file in directory.iterdir())


def unlinked(pages: Iterable[Path], start: Path) -> list[Path]:
    """The pages that nobody finds who follows links from `start`."""
    waiting, found = [start], {start}
    while waiting:
        page = waiting.pop()
        for _, address in markdown.links(page.read_text()):
            target = (page.parent / unquote(address).partition("#")[0]).resolve()
            if target not in found and target.suffix == ".md" and target.is_file():
                found.add(target)
                waiting.append(target)
    return [page for page in pages if page not in found]
