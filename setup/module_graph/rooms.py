"""Which rooms of a crate, its folders, may use which: the line `May use` of each mod.rs says so."""

import re
from pathlib import Path

from module_graph.graph import Uses

LINE = re.compile(r"^//! May use: (no other room|`\w+`(?:, `\w+`)*)\.$", re.MULTILINE)


def complaints(where: str, source: Path, uses: Uses) -> list[str]:
    """A text for each room without the line, and for each use that the line does not allow."""
    texts = []
    rooms = {file.parent.name: file for file in sorted(source.glob("*/mod.rs"))}
    for room, file in rooms.items():
        found = LINE.search(file.read_text())
        if not found:
            texts.append(f"{where}: {room}/mod.rs has no line `//! May use: …`")
            continue
        allowed = set(re.findall(r"`(\w+)`", found[1]))
        texts += [
            f"{where}: {room}/mod.rs may use {name}, which is no room"
            for name in sorted(allowed - rooms.keys())
        ]
        for user in sorted(user for user in uses if room_of(user) == room):
            for used, names in sorted(uses[user].items()):
                other = room_of(used)
                if other in rooms and other not in allowed | {room}:
                    texts.append(
                        f"{where}: {room} may not use {other}, but "
                        f"{user} → {used}: {', '.join(sorted(names))}"
                    )
    return texts


def room_of(file: str) -> str:
    """The folder of a file; empty for a file beside lib.rs."""
    return file.partition("/")[0] if "/" in file else ""
