"""Fail if pgfold-core depends on anything that does I/O, however indirectly."""

import subprocess
import sys

DOES_IO = (
    "tokio",
    "tokio-",
    "hyper",
    "hyper-",
    "reqwest",
    "mio",
    "socket2",
    "aws-",
    "aws_",
    "lambda_",
)


def main() -> None:
    tree = [
        "cargo",
        "tree",
        "--package",
        "pgfold-core",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--locked",
    ]
    lines = subprocess.run(tree, check=True, capture_output=True, text=True).stdout.splitlines()
    dependencies = {line.split()[0] for line in lines if line.strip()}
    impure = sorted(filter(does_io, dependencies))
    if impure:
        sys.exit(f"pgfold-core must not do I/O, but it depends on {', '.join(impure)}")


def does_io(crate: str) -> bool:
    return any(crate == name or (name[-1] in "-_" and crate.startswith(name)) for name in DOES_IO)


if __name__ == "__main__":
    main()
