"""Which Python files below a directory import which, those for type checkers included."""

import ast
from collections.abc import Iterator
from pathlib import Path

from module_graph.graph import Uses, no_uses


def uses_of(directory: Path, *others: Path) -> Uses:
    """The uses, with paths from the directory. Modules of `others` are found too."""
    uses = no_uses()
    for file in sorted(directory.rglob("*.py")):
        user = file.relative_to(directory).as_posix()
        uses[user]  # the graph has every file
        for module, name in imported(ast.parse(file.read_text())):
            used = file_of(module, (file.parent, directory, *others))
            if used and used != file and used.is_relative_to(directory):
                uses[user][used.relative_to(directory).as_posix()].add(name)
    return uses


def imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Modules with the name that is imported of each; a name may be a module itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                yield f"{module}.{alias.name}".strip("."), alias.name
                if module:
                    yield module, alias.name


def file_of(module: str, directories: tuple[Path, ...]) -> Path | None:
    path = module.replace(".", "/")
    for directory in directories:
        for file in (directory / f"{path}.py", directory / path / "__init__.py"):
            if file.exists():
                return file
    return None
