"""A Rust file as its module sees it: what it declares, imports and names, without its tests."""

import re
from dataclasses import dataclass, field

NO_CODE = re.compile(
    r"""//[^\n]*                          # comments
      | /\*.*?\*/
      | \b[bc]?r(?P<hashes>\#*)".*?"(?P=hashes)   # strings
      | \b[bc]?"(?:\\.|[^"\\])*"
      | "(?:\\.|[^"\\])*"
      | '(?:\\u\{[0-9a-fA-F]+\}|\\x..|\\.|[^\\'])'   # characters, which lifetimes are not
    """,
    re.VERBOSE | re.DOTALL,
)
PATH_IN_STRING = re.compile(r'"([A-Za-z_]\w*(?:::\w+)*)"')
TOKEN = re.compile(r"[A-Za-z_]\w*|::|\d\w*|\S")
NAME = re.compile(r"[A-Za-z_]\w*")
DECLARES = {"struct", "enum", "union", "trait", "fn", "const", "static", "type", "macro_rules"}
OPEN, CLOSE = "([{", ")]}"


@dataclass(frozen=True)
class Import:
    """A `use` of one name; of all names of `path`, if `name` is `*`."""

    path: tuple[str, ...]
    name: str
    is_reexport: bool


@dataclass
class Source:
    """A module: a file of it, or a `mod name { … }` inside one."""

    items: set[str] = field(default_factory=set)
    children: list[str] = field(default_factory=list)
    inline: dict[str, "Source"] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    macro_declares_children: bool = False


def read(text: str) -> Source:
    return module_of(without_tests(TOKEN.findall(NO_CODE.sub(code_in, text))))


def code_in(found: re.Match) -> str:
    """The path that serde reads from `with = "module"` or `try_from = "a::B"`; else no code."""
    before = found.string[max(0, found.start() - 20) : found.start()].rstrip(" ")
    path = PATH_IN_STRING.fullmatch(found[0])
    if not path or not before.endswith("="):
        return " 0 "
    if before.removesuffix("=").rstrip(" ").endswith(("(with", " with")):
        return f" {path[1]}::with "
    return f" {path[1]} " if "::" in path[1] else " 0 "


def without_tests(tokens: list[str]) -> list[str]:
    kept, at = [], 0
    while at < len(tokens):
        if tokens[at] == "#" and tokens[at + 1 : at + 2] == ["["]:
            end = closed(tokens, at + 1)
            if is_for_tests(tokens[at:end]):
                at = end_of_item(tokens, end)
                continue
        kept.append(tokens[at])
        at += 1
    return kept


def is_for_tests(attribute: list[str]) -> bool:
    """Whether it is `#[cfg(test)]`, or `#[cfg(all(test, …))]`."""
    return attribute[2:5] == ["cfg", "(", "test"] or attribute[2:7] == [
        "cfg",
        "(",
        "all",
        "(",
        "test",
    ]


def closed(tokens: list[str], at: int) -> int:
    """The place after the bracket that closes the one here."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += (tokens[place] in OPEN) - (tokens[place] in CLOSE)
        if depth == 0:
            return place + 1
    return len(tokens)


def end_of_item(tokens: list[str], at: int) -> int:
    """The place after the item, the statement or the field that starts here."""
    while tokens[at : at + 2] == ["#", "["]:
        at = closed(tokens, at + 1)
    # `name: value,` of a struct.
    is_field = tokens[at + 1 : at + 2] == [":"]
    while at < len(tokens) and tokens[at] not in CLOSE:
        if tokens[at] in OPEN:
            is_body = tokens[at] == "{"
            at = closed(tokens, at)
            if is_body and not is_field and tokens[at : at + 1] != [";"]:
                return at
            continue
        at += 1
        if tokens[at - 1] == ";" or (is_field and tokens[at - 1] == ","):
            return at
    return at


def module_of(tokens: list[str]) -> Source:
    source, depth, at = Source(), 0, 0
    while at < len(tokens):
        token, following = tokens[at], tokens[at + 1 : at + 3]
        if token == "pub" and following == ["(", "in"]:
            # Who may see an item is no use of the module that is named.
            at = closed(tokens, at + 1)
            continue
        if token == "use" and is_start_of_item(tokens, at):
            end = tokens.index(";", at)
            is_reexport = at > 0 and tokens[at - 1] in ("pub", ")")
            source.imports += imports(tokens[at + 1 : end], is_reexport)
            at = end + 1
            continue
        if token == "mod" and following[:1] == ["$"]:
            source.macro_declares_children = True
        if token == "mod" and len(following) == 2 and NAME.fullmatch(following[0]):
            if following[1] == ";":
                source.children.append(following[0])
                at += 3
                continue
            if following[1] == "{":
                end = closed(tokens, at + 2)
                source.inline[following[0]] = module_of(tokens[at + 3 : end - 1])
                at = end
                continue
        if token in DECLARES and depth == 0:
            declared = next((word for word in following if word not in ("!", "mut")), "")
            if NAME.fullmatch(declared):
                source.items.add(declared)
        depth += (token in OPEN) - (token in CLOSE)
        source.code.append(token)
        at += 1
    return source


def is_start_of_item(tokens: list[str], at: int) -> bool:
    """`use` is a statement, and not the bound `use<'a>` of a return type."""
    return tokens[at + 1 : at + 2] != ["<"]


def imports(tokens: list[str], is_reexport: bool) -> list[Import]:
    """The names that a tree of `use` imports."""
    if "$" in tokens:
        return []
    found: list[Import] = []

    def tree(at: int, prefix: tuple[str, ...]) -> int:
        path = prefix
        while at < len(tokens):
            token = tokens[at]
            if token == "{":
                at += 1
                while tokens[at] != "}":
                    at = tree(at, path)
                    at += tokens[at] == ","
                return at + 1
            if token == "*":
                found.append(Import(path, "*", is_reexport))
                return at + 1
            if token != "::":
                path = path if token == "self" and path else (*path, token)
            at += 1
            if at == len(tokens) or tokens[at] in ",}":
                found.append(Import(path, path[-1], is_reexport))
                return at
            if tokens[at] == "as":
                found.append(Import(path, tokens[at + 1], is_reexport))
                return at + 2
        return at

    tree(0, ())
    return found
