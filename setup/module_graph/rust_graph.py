"""Which files of a Rust crate use which.

`mod child;` is no use, and neither is `pub use child::Name`; who imports a name from there uses the
file that declares it. A path to a module uses what is named of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from module_graph import rust_source
from module_graph.graph import Uses, no_uses
from module_graph.rust_source import NAME, Import, Source


class Module:
    """A module in its crate."""

    def __init__(self, file: Path, source: Source, parent: "Module | None"):
        self.file = file
        self.source = source
        self.parent = parent
        self.children: dict[str, Module] = {}

    def root(self) -> "Module":
        return self.parent.root() if self.parent else self

    def all(self) -> Iterator["Module"]:
        yield self
        for child in self.children.values():
            yield from child.all()

    def is_below(self, other: "Module") -> bool:
        return self is other or (self.parent is not None and self.parent.is_below(other))


@dataclass(frozen=True)
class Item:
    """An item, by the module that declares it."""

    module: Module
    name: str


def uses_of(root: Path) -> Uses:
    """The uses of a crate, from its main.rs or lib.rs, with paths from its folder."""
    uses = no_uses()
    for module in crate_of(root).all():
        user = module.file.relative_to(root.parent).as_posix()
        uses[user]  # the graph has every file
        for item in used_by(module):
            if item.module.file != module.file:
                used = item.module.file.relative_to(root.parent).as_posix()
                uses[user][used].add(item.name)
    return uses


def crate_of(root: Path) -> Module:
    module = Module(root, rust_source.read(root.read_text()), None)
    add_children(module, root.parent)
    return module


def add_children(module: Module, directory: Path) -> None:
    """Add the modules that a module declares; their files are in a directory."""
    source = module.source
    for name, inner in source.inline.items():
        module.children[name] = Module(module.file, inner, module)
        add_children(module.children[name], directory / name)
    names = list(source.children)
    if source.macro_declares_children:
        made = sorted(
            file.stem
            for file in directory.glob("*.rs")
            if file.stem in source.code and file != module.file and file.stem not in names
        )
        names += made
        source.imports += [Import((name,), "*", True) for name in made]
    for name in names:
        candidates = (directory / f"{name}.rs", directory / name / "mod.rs")
        if file := next((file for file in candidates if file.exists()), None):
            module.children[name] = Module(file, rust_source.read(file.read_text()), module)
            add_children(module.children[name], directory / name)


def used_by(module: Module) -> Iterator[Item]:
    """The items that a module imports, names by a path, or gets by `*`."""
    source = module.source
    named = set(names(source.code))
    globs = []
    for one in source.imports:
        found = resolved(module, one.path)
        if one.name == "*" and isinstance(found, Module):
            if not (one.is_reexport and found.is_below(module)):
                globs.append(found)
        elif isinstance(found, Item):
            is_passed_on = one.is_reexport and found.module.is_below(module)
            if not is_passed_on or one.name in named:
                yield found
    for path in paths(source.code):
        found = resolved(module, path)
        if isinstance(found, Item):
            yield found
        elif isinstance(found, Module) and len(path) > 1:
            yield Item(found, path[-1])
    known = source.items | {one.name for one in source.imports}
    for name in sorted(named - known):
        for other in globs:
            if isinstance(found := lookup(other, name), Item):
                yield found
    yield from macros(module)


def names(code: list[str]) -> Iterator[str]:
    """The tokens of code, without the names of associated types: `type A` and `Self::A`."""
    for earlier, before, token in zip(["", "", *code], ["", *code], code, strict=False):
        if before != "type" and (earlier, before) != ("Self", "::"):
            yield token


def macros(module: Module) -> Iterator[Item]:
    """The macros of modules above, which need no import."""
    code = module.source.code
    invoked = {name for name, mark in pairwise(code) if mark == "!"}
    above = module.parent
    while above:
        for name in sorted(invoked & declared_macros(above)):
            yield Item(above, name)
        above = above.parent


def declared_macros(module: Module) -> set[str]:
    code = module.source.code
    return {code[at + 2] for at in range(len(code) - 2) if code[at] == "macro_rules"}


def paths(code: list[str]) -> Iterator[tuple[str, ...]]:
    """The paths `a::b` in code."""
    at = 0
    while at < len(code) - 1:
        if not NAME.fullmatch(code[at]) or code[at + 1] != "::":
            at += 1
            continue
        begins_here = at == 0 or code[at - 1] != "::"
        path = [code[at]]
        while code[at + 1 : at + 2] == ["::"] and NAME.fullmatch("".join(code[at + 2 : at + 3])):
            at += 2
            path.append(code[at])
        at += 1
        if begins_here and len(path) > 1:
            yield tuple(path)


def resolved(module: Module, path: tuple[str, ...], seen: frozenset = frozenset()):
    """What a path in a module leads to: an Item, a Module, or None if it leaves the crate."""
    here: Module | None = module
    head, rest = path[0], path[1:]
    if head == "crate":
        here = module.root()
    elif head == "super":
        here = module.parent
    elif head != "self":
        found = lookup(module, head, seen, is_prefix=bool(rest))
        if not isinstance(found, Module):
            return found
        here = found
    while rest and rest[0] == "super" and here:
        here, rest = here.parent, rest[1:]
    for place, name in enumerate(rest):
        if here is None:
            return None
        is_prefix = place < len(rest) - 1
        found = lookup(here, name, seen, is_prefix=is_prefix)
        if not isinstance(found, Module):
            # A name that nothing declares is made by a macro of the module, unless it is imported
            # from another crate, or just being looked up.
            is_unknown = (here, name, is_prefix) in seen or leaves_crate(here, name)
            return found or (None if is_unknown else Item(here, name))
        here = found
    return here


def leaves_crate(module: Module, name: str) -> bool:
    """Whether a module imports a name from another crate."""
    return any(one.name == name for one in module.source.imports)


def lookup(module: Module, name: str, seen: frozenset = frozenset(), *, is_prefix: bool = False):
    """What a name means in a module. A prefix of a path is a module before it is an item."""
    if (module, name, is_prefix) in seen:
        return None
    seen |= {(module, name, is_prefix)}
    child = module.children.get(name)
    if child and is_prefix:
        return child
    if name in module.source.items:
        return Item(module, name)
    of_child = None
    for one in module.source.imports:
        if one.name == name and (found := resolved(module, one.path, seen)):
            if isinstance(found, Item):
                return found
            of_child = found
    if child or of_child:
        return child or of_child
    for one in module.source.imports:
        if one.name == "*":
            other = resolved(module, one.path, seen)
            if isinstance(other, Module) and (found := lookup(other, name, seen)):
                return found
    return None
