"""Which file uses which, by what names, and the circles in that."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping

# The names by which a file uses another: uses[user][used].
Uses = dict[str, dict[str, set[str]]]


def no_uses() -> Uses:
    return defaultdict(lambda: defaultdict(set))


def knots(uses: Mapping[str, Mapping[str, set[str]]]) -> list[list[str]]:
    """The sets of files that reach one another, of more than one file each."""
    reached = {file: set(reachable(uses, file)) for file in uses}
    found, seen = [], set()
    for file in sorted(uses):
        if file in seen or file not in reached[file]:
            continue
        knot = [other for other in sorted(reached[file]) if file in reached.get(other, ())]
        seen.update(knot)
        if len(knot) > 1:
            found.append(knot)
    return found


def reachable(uses: Mapping[str, Mapping[str, set[str]]], start: str) -> Iterator[str]:
    """Every file that a file uses, directly or through others."""
    seen, waiting = set(), [start]
    while waiting:
        for used in uses.get(waiting.pop(), {}):
            if used not in seen:
                seen.add(used)
                waiting.append(used)
                yield used


def shortest_circle(uses: Mapping[str, Mapping[str, set[str]]], start: str) -> list[str]:
    """The shortest way from a file of a knot back to it."""
    waiting = deque([[start]])
    seen = set()
    while waiting:
        way = waiting.popleft()
        for used in sorted(uses.get(way[-1], {})):
            if used == start:
                return [*way, start]
            if used not in seen:
                seen.add(used)
                waiting.append([*way, used])
    raise ValueError(f"{start} is in no circle")


def complaints(where: str, uses: Uses) -> list[str]:
    """A text for each knot: its shortest circle, and every use inside it with the names."""
    texts = []
    for knot in knots(uses):
        circle = min((shortest_circle(uses, file) for file in knot), key=len)
        lines = [f"{where}: {len(knot)} files use one another: {' → '.join(circle)}"]
        for file in knot:
            lines += [
                f"    {file} → {used}: {', '.join(sorted(uses[file][used]))}"
                for used in sorted(set(knot) & uses[file].keys())
            ]
        texts.append("\n".join(lines))
    return texts
