"""A Docker engine: the one that runs, or one of our own that ends with the tests."""

import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from paths import LOCAL
from steps import Failure, step

HOME = LOCAL / "engine"

# Where packages put the plugin.
PLUGINS = (
    Path("/usr/libexec/docker/cli-plugins"),
    Path("/usr/lib/docker/cli-plugins"),
    Path("/usr/local/lib/docker/cli-plugins"),
)


@contextmanager
def running() -> Iterator[None]:
    """Set the environment so that `docker` finds an engine, which has Compose."""
    if not shutil.which("docker"):
        raise Failure("there is no docker", remedy="apt-get install docker.io")
    with step("engine", "Docker"):
        answers = subprocess.run(["docker", "info"], capture_output=True).returncode == 0
        server = None if answers else start()
        find_compose()
        version = output("docker", "version", "--format", "{{.Server.Version}}")
        compose = output("docker", "compose", "version", "--short")
    print(f"{'':<10} Docker {version}, Compose {compose}, {'its own' if server else 'as it runs'}")
    try:
        yield
    finally:
        if server:
            stop(server)


def start() -> subprocess.Popen:
    """An engine that keeps everything below HOME, so that images are there the next time."""
    if not shutil.which("dockerd"):
        raise Failure("no Docker engine runs", remedy="start it, or: apt-get install docker.io")
    if os.geteuid() != 0:
        raise Failure("no Docker engine runs", remedy="start it, or run this as root")
    HOME.mkdir(parents=True, exist_ok=True)
    # Paths of sockets are short; a checkout's may not be.
    run = Path(tempfile.mkdtemp(prefix="pgfold-docker-"))
    argv = ["dockerd", "--data-root", HOME / "data", "--exec-root", run / "exec"]
    argv += ["--pidfile", run / "pid", "--host", f"unix://{run / 'socket'}"]
    with (HOME / "log").open("wb") as log:
        server = subprocess.Popen(argv, stdout=log, stderr=log)
    os.environ["DOCKER_HOST"] = f"unix://{run / 'socket'}"
    deadline = time.monotonic() + 30
    while subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        if server.poll() is not None or time.monotonic() > deadline:
            stop(server)
            raise Failure("the Docker engine did not start", log=HOME / "log")
        time.sleep(0.2)
    return server


def stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(timeout=60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    run = Path(os.environ.pop("DOCKER_HOST").removeprefix("unix://")).parent
    shutil.rmtree(run, ignore_errors=True)


def find_compose() -> None:
    """Compose version 2 is a plugin of Docker's; Debian has it from version 13 on."""
    if compose_works():
        return
    # The home of a user may have none, and a client that is not a package's looks elsewhere.
    plugins = HOME / "config" / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    mine = plugins / "docker-compose"
    os.environ["DOCKER_CONFIG"] = str(HOME / "config")
    if mine.exists() and compose_works():
        return
    found = [place / mine.name for place in PLUGINS if (place / mine.name).exists()]
    if found:
        shutil.copy(found[0], mine)
    else:
        unpack_from_debian(mine)
    if not compose_works():
        raise Failure("docker has no compose", remedy="apt-get install docker-compose-plugin")


def compose_works() -> bool:
    return subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0


def unpack_from_debian(plugin: Path) -> None:
    """Take the plugin out of Debian 13's package, with the lists of packages of that version."""
    source, apt = HOME / "apt.list", HOME / "apt"
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    if not shutil.which("apt-get") or not Path(keys).exists():
        raise Failure("docker has no compose", remedy="install Docker's compose plugin")
    source.write_text(f"deb [signed-by={keys}] http://deb.debian.org/debian trixie main\n")
    (apt / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    own = ["-o", f"Dir::Etc::SourceList={source}", "-o", "Dir::Etc::SourceParts=/dev/null"]
    own += ["-o", f"Dir::State::Lists={apt / 'lists'}", "-o", "APT::Sandbox::User=root"]
    with tempfile.TemporaryDirectory() as scratch:
        for argv in (["update"], ["download", "docker-compose"]):
            done = subprocess.run(
                ["apt-get", *own, "--quiet", *argv], cwd=scratch, capture_output=True, text=True
            )
            if done.returncode:
                why = (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
                raise Failure(f"docker has no compose: {why}")
        [package] = Path(scratch).glob("docker-compose_*.deb")
        files = Path(scratch) / "files.tar"
        with files.open("wb") as archive:
            subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, stdout=archive)
        with tarfile.open(files) as archive:
            member = archive.extractfile("./usr/libexec/docker/cli-plugins/docker-compose")
            if member is None:
                raise Failure("Debian's package of compose has no plugin")
            plugin.write_bytes(member.read())
    plugin.chmod(0o755)


def output(*argv: str | Path) -> str:
    """What a command prints."""
    done = subprocess.run(argv, capture_output=True, text=True)
    if done.returncode:
        why = (done.stderr or done.stdout).strip()
        raise Failure(f"`{' '.join(map(str, argv))}` ended with {done.returncode}: {why}")
    return done.stdout.strip()
