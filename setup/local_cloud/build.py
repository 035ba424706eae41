"""The programs of this checkout for this machine, and the template that is deployed with them.

What `sam build` does for AWS takes minutes for each function. Here one build of the whole workspace
makes the functions and the command line, and shares every library with the tests.
"""

import hashlib
import json
import os
import platform
import re
import shutil
import stat
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import command
import tools
from paths import CHECKOUT, LOCAL, TEMPLATE
from steps import Failure, Step, step

BUILD = LOCAL / "build"
LOG = LOCAL / "log" / "build.log"

# Machine names as Lambda spells them.
ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64"}


def require_linux() -> None:
    if platform.system() != "Linux" or platform.machine() not in ARCHITECTURES:
        raise Failure(
            "the local cloud runs Lambda functions as native programs of Linux on x86-64 or arm64, "
            f"and this is {platform.system()} on {platform.machine()}",
            remedy="`docker compose up`, see docs/local-cloud.md; or Linux, or WSL2",
        )


def architecture() -> str:
    return ARCHITECTURES[platform.machine()]


@dataclass(frozen=True)
class Build:
    """A build by cargo that is under way."""

    cargo: command.Started
    programs: Path

    def finish(self) -> str:
        """Wait for the programs, put them where they are deployed from; return their identity."""
        with step("build", "functions and command line for this machine") as current:
            self.cargo.finish(current)
            return assemble(current, self.programs)


@contextmanager
def building(*, as_shipped: bool = False) -> Iterator[Build]:
    """Build while the block does something else: quickly, or optimised as on AWS."""
    LOG.unlink(missing_ok=True)
    cargo = ["cargo", "build", "--bins", "--locked"]
    if as_shipped:
        # With the features that the functions want of libraries, and nobody else.
        cargo += ["--release"]
        for folder in functions_of_template():
            cargo += ["--package", f"pgfold-{folder.replace('_', '-')}"]
    else:
        cargo += ["--workspace"]
    environment = {**os.environ, "PATH": tools.path_with_cargo()}
    with command.started(cargo, log=LOG, env=environment, cwd=CHECKOUT) as started:
        yield Build(started, target() / ("release" if as_shipped else "debug"))


def build() -> str:
    """Build; return what identifies the result."""
    with building() as started:
        return started.finish()


def client() -> Path:
    """The command line."""
    return target() / "debug" / "pgfold"


def target() -> Path:
    """Where cargo puts what it builds."""
    return CHECKOUT / os.environ.get("CARGO_TARGET_DIR", "target")


def assemble(current: Step, programs: Path) -> str:
    """Lay out functions and template for SAM, if they changed; return their identity."""
    functions = functions_of_template()
    template = template_of_programs(packed=True)
    digests = {folder: digest(programs / folder) for folder in functions}
    identity = hashlib.sha256(json.dumps([template, digests]).encode()).hexdigest()
    stamp = BUILD / "identity"
    if stamp.exists() and stamp.read_text() == identity:
        return identity
    shutil.rmtree(BUILD, ignore_errors=True)
    for folder, logical_id in functions.items():
        (BUILD / logical_id).mkdir(parents=True)
        # Without symbols a program is half the size, and is unpacked at each deployment.
        program = BUILD / logical_id / "bootstrap"
        command.run(current, ["strip", "-o", program, programs / folder], log=LOG)
        pack(program, BUILD / f"{logical_id}.zip")
    (BUILD / TEMPLATE.name).write_text(template)
    stamp.write_text(identity)
    return identity


def pack(program: Path, archive: Path) -> None:
    """Pack a program once and fast. SAM would pack it slowly at each deployment."""
    member = zipfile.ZipInfo(program.name)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = (stat.S_IFREG | 0o755) << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(member, program.read_bytes(), compresslevel=1)


def functions_of_template() -> dict[str, str]:
    """The functions by their folders, which their programs are named after."""
    _, *parts = re.split(r"^  (\w+):$", TEMPLATE.read_text(), flags=re.MULTILINE)
    resources = zip(parts[::2], parts[1::2], strict=True)
    code = {name: re.search(r"CodeUri: functions/(\w+)", text) for name, text in resources}
    return {folder[1]: name for name, folder in code.items() if folder}


def template_of_programs(*, packed: bool) -> str:
    """The template, with programs in place of the folders of sources: packed, or in folders."""
    functions = functions_of_template()
    ending = ".zip" if packed else ""
    return re.sub(
        r"CodeUri: functions/(\w+)",
        lambda found: f"CodeUri: {functions[found[1]]}{ending}",
        TEMPLATE.read_text(),
    )


def digest(file: Path) -> str:
    with file.open("rb") as program:
        return hashlib.file_digest(program, "sha256").hexdigest()
