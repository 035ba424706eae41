"""Fail if tests want other features of a library than programs do, which would build it twice.

What stands on such a library is built twice with it: for one feature of a small crate, the AWS SDK.
"""

import subprocess
import sys


def main() -> None:
    programs, tests = features("normal,build"), features("normal,build,dev")
    twice = [name for name in programs if tests.get(name) != programs[name]]
    if twice:
        lines = [f"  {name}: {programs[name]} or {tests.get(name)}" for name in twice]
        sys.exit(
            "libraries that are built twice, for programs and for tests, by their features:\n"
            + "\n".join(lines)
            + "\nName the dependency that wants them in [dependencies] of tests/Cargo.toml."
        )


def features(edges: str) -> dict[str, set[str]]:
    """The features of each library in a build of the workspace, by its name and version."""
    tree = ["cargo", "tree", "--workspace", "--locked", "--edges", edges]
    tree += ["--prefix", "none", "--format", "{p}\t{f}"]
    ran = subprocess.run(tree, check=True, capture_output=True, text=True)
    found: dict[str, set[str]] = {}
    for line in ran.stdout.splitlines():
        name, _, wanted = line.partition("\t")
        if name:
            found.setdefault(name, set()).add(wanted.removesuffix(" (*)"))
    return found


if __name__ == "__main__":
    main()
