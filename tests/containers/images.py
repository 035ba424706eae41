"""The images that the tests use: real ones where they can be pulled, else stand-ins of their names.

A stand-in is made of Debian's packages, PyPI's and this machine's Rust toolchain; `standins/` says
how. It behaves as its original where compose.yaml depends on it, and only tests use it.
"""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml

import command
import engine
from paths import CHECKOUT, LOCAL, REQUIREMENTS
from steps import Failure, Step, step

STANDINS = Path(__file__).with_name("standins")
DEBIAN = "pgfold-standin-debian"
RELEASE = "trixie"
LOG = LOCAL / "log" / "images.log"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

# A stand-in's folder, by the beginning of the image's name.
FOLDERS = {
    "postgres:": "postgres",
    "valkey/": "valkey",
    "ministackorg/": "ministack",
    "rust:": "rust",
    "public.ecr.aws/lambda/": "lambda",
}


def of_compose() -> list[str]:
    """What compose.yaml runs, and what our own image is built from."""
    services = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"].values()
    images = [service["image"] for service in services if "build" not in service]
    dockerfile = (CHECKOUT / "setup" / "compose" / "Dockerfile").read_text()
    return images + re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)


def of_sam() -> list[str]:
    """What SAM runs a function in."""
    template = (CHECKOUT / "template.yaml").read_text()
    runtime = re.search(r"^    Runtime: (\S+)$", template, re.MULTILINE)[1]
    name, version = runtime.split(".")
    architecture = "arm64" if platform.machine() == "aarch64" else "x86_64"
    return [f"public.ecr.aws/lambda/{name}:{version}-{architecture}"]


def provide(images: Iterable[str]) -> None:
    """Pull those that are not there, or build what stands for them."""
    LOG.parent.mkdir(parents=True, exist_ok=True)
    LOG.write_text("")
    for image in images:
        with step("image", image) as current:
            if is_there(image):
                how = "there"
            elif subprocess.run(
                ["docker", "pull", "--quiet", image], capture_output=True
            ).returncode:
                build(current, image)
                how = "a stand-in, because it cannot be pulled"
            else:
                how = "pulled"
        print(f"{'':<10} {how}", flush=True)


def is_there(image: str) -> bool:
    return works("image", "inspect", image)


def works(*argv: str) -> bool:
    return subprocess.run(["docker", *argv], capture_output=True).returncode == 0


def build(current: Step, image: str) -> None:
    folder = next((FOLDERS[start] for start in FOLDERS if image.startswith(start)), None)
    if folder is None:
        raise Failure(f"nothing stands for {image}")
    if not is_there(DEBIAN):
        make_debian(current)
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / folder
        shutil.copytree(STANDINS / folder, context)
        if folder == "ministack":
            shutil.copy(REQUIREMENTS / "cloud.txt", context)
        # By the engine itself: it needs no plugin for it.
        env = {**os.environ, "DOCKER_BUILDKIT": "0"}
        unfinished = f"pgfold-standin-{folder}"
        run(current, ["docker", "build", "--tag", unfinished, context], env)
    if folder == "rust":
        add_toolchain(current, unfinished)
    # Last: what has the name is whole.
    run(current, ["docker", "tag", unfinished, image])


def make_debian(current: Step) -> None:
    """Debian, with what this machine trusts, in case something reads its traffic."""
    if not shutil.which("debootstrap"):
        raise Failure("there is no debootstrap", remedy="apt-get install debootstrap")
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        root.mkdir(mode=0o755)
        packages = "ca-certificates,python3,python3-venv"
        bootstrap = ["debootstrap", "--variant=minbase", f"--include={packages}", RELEASE, root]
        run(current, [*bootstrap, "http://deb.debian.org/debian"])
        for lists in (root / "var" / "cache" / "apt" / "archives").glob("*.deb"):
            lists.unlink()
        if CERTIFICATES.exists():
            shutil.copy(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        archive = Path(scratch) / "root.tar"
        run(current, ["tar", "--create", "--file", archive, "--directory", root, "."])
        trust = " ".join(f"{name}={CERTIFICATES}" for name in ("PIP_CERT", "CARGO_HTTP_CAINFO"))
        run(current, ["docker", "import", f"--change=ENV {trust}", archive, DEBIAN])


def add_toolchain(current: Step, image: str) -> None:
    """Copy this machine's Rust toolchain into the image, to where the official one has it."""
    toolchain = Path(engine.output("rustc", "--print", "sysroot"))
    rustup = toolchain.parents[1]
    cargo = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    container = engine.output("docker", "create", image, "true")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            local = Path(scratch) / "local"
            parts = {
                cargo / "bin": local / "cargo" / "bin",
                rustup / "update-hashes": local / "rustup" / "update-hashes",
                toolchain: local / "rustup" / "toolchains" / toolchain.name,
            }
            for source, copy in parts.items():
                unused = shutil.ignore_patterns("doc", "man")
                shutil.copytree(source, copy, symlinks=True, ignore=unused)
            settings = (
                f'version = "12"\nprofile = "minimal"\ndefault_toolchain = "{toolchain.name}"\n'
            )
            (local / "rustup" / "settings.toml").write_text(settings)
            # Its users add to it.
            run(current, ["chmod", "--recursive", "a+rwX", local])
            run(current, ["docker", "cp", f"{local}/.", f"{container}:/usr/local"])
            run(current, ["docker", "commit", container, image])
    finally:
        subprocess.run(["docker", "rm", container], capture_output=True, check=False)


def run(current: Step, argv: list[str | Path], env: dict[str, str] | None = None) -> None:
    command.run(current, argv, log=LOG, env=env)
