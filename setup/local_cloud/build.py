"""`sam build` for the processor of this machine, and only when a source changed."""

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

import command
import tools
from environment import for_local_programs
from paths import CHECKOUT, LOCAL, TEMPLATE
from steps import Failure, step

SOURCES = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    ".cargo",
    "functions",
    "shared",
    TEMPLATE.name,
]
BUILD = LOCAL / "build"
CLIENT = CHECKOUT / "target" / "debug" / "pgfold"

# Machine names as Lambda spells them.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}

PROFILE = {
    # What is shipped is optimised across crates, which takes minutes; this is nearly as fast.
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    # Built for this machine's glibc, so the system's linker does instead of zig's.
    "CARGO_LAMBDA_COMPILER": "cargo",
}


def require_linux() -> None:
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        raise Failure(
            "the local cloud runs Lambda functions as native programs of Linux on x86-64 or arm64, "
            f"and this is {platform.system()} on {platform.machine()}",
            remedy="`docker compose up`, see docs/local-cloud.md; or Linux, or WSL2",
        )


def architecture() -> str:
    return ARCHITECTURES[platform.machine()]


def build() -> str:
    """Build the functions unless nothing changed since; return what identifies the result."""
    with step("build", "functions for this machine") as current:
        identity = identity_of_sources()
        stamp = LOCAL / "build.stamp"
        if stamp.exists() and stamp.read_text() == identity and (BUILD / TEMPLATE.name).exists():
            return identity
        stamp.unlink(missing_ok=True)

        log = LOCAL / "log" / "build.log"
        log.unlink(missing_ok=True)
        env = sam_environment({})
        # SAM would run the same command, and show nothing of it for minutes.
        for manifest in sorted(CHECKOUT.glob("functions/*/Cargo.toml")):
            cargo = ["cargo", "lambda", "build", "--release"]
            command.run(current, cargo, log=log, env=env, cwd=manifest.parent)
        sam = ["sam", "build", "--config-env", "local", "--build-dir", BUILD]
        sam += ["--parameter-overrides", f"Architecture={architecture()}"]
        command.run(current, sam, log=log, env=env, cwd=CHECKOUT)
        stamp.write_text(identity)
        return identity


def build_client() -> None:
    """Build the command line."""
    with step("client", "pgfold, the command line") as current:
        log = LOCAL / "log" / "build-client.log"
        log.unlink(missing_ok=True)
        # Of the workspace: the very build that its tests have.
        cargo = ["cargo", "build", "--workspace", "--locked", "--bin", CLIENT.name]
        command.run(current, cargo, log=log, env=sam_environment({}), cwd=CHECKOUT)


def sam_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The caller's, for the build of this machine and the emulator of `variables`."""
    return for_local_programs(PROFILE | tools.sam_settings() | variables)


def functions_of_template() -> dict[str, str]:
    """The functions by their folders, which their programs are named after."""
    _, *parts = re.split(r"^  (\w+):$", TEMPLATE.read_text(), flags=re.MULTILINE)
    resources = zip(parts[::2], parts[1::2], strict=True)
    code = {name: re.search(r"CodeUri: functions/(\w+)", text) for name, text in resources}
    return {folder[1]: name for name, folder in code.items() if folder}


def identity_of_sources() -> str:
    digest = hashlib.sha256(repr(PROFILE).encode())
    for file in sorted(files_of_sources()):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        digest.update(f"{file.relative_to(CHECKOUT)} {content}\n".encode())
    return digest.hexdigest()


def files_of_sources() -> list[Path]:
    files = []
    for source in map(CHECKOUT.joinpath, SOURCES):
        if source.is_dir():
            files += [Path(parent, name) for parent, _, names in os.walk(source) for name in names]
        elif source.exists():
            files.append(source)
    return files
