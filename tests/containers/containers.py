"""compose.yaml on an engine, under a name of the tests'."""

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

import yaml

import engine
import main_job
from loopback import http
from paths import CHECKOUT
from steps import Failure

PROJECT = "pgfold-test"
COMPOSE = CHECKOUT / "compose.yaml"
SERVICES = tuple(yaml.safe_load(COMPOSE.read_text())["services"])

# Tools and builds, which would take ten minutes each time: they stay when everything else goes.
KEPT = ("local", "target", "crates")

# A first build, on a busy machine.
PATIENCE_SECONDS = 3600


class Containers:
    """The project: compose.yaml as it is, but for its ports and the volumes of builds."""

    def __init__(self, scratch: Path):
        self.changes = scratch / "changes.yaml"
        self.changes.write_text(changes())
        for volume in KEPT:
            engine.output("docker", "volume", "create", name_of(volume))

    def compose(self, *argv: str, **variables: str) -> None:
        command = ["docker", "compose", "--project-name", PROJECT]
        command += ["--project-directory", str(CHECKOUT), "--file", str(COMPOSE)]
        command += ["--file", str(self.changes), "--ansi", "never", "--progress", "plain", *argv]
        done = subprocess.run(command, env=os.environ | variables, capture_output=True, text=True)
        if done.returncode:
            why = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
            raise Failure(f"`docker compose {' '.join(argv)}` ended with {done.returncode}:\n{why}")

    def up(self, **variables: str) -> None:
        """Start what does not run, and wait until all of it is healthy."""
        waiting = ["--wait", "--wait-timeout", str(PATIENCE_SECONDS)]
        self.compose("up", "--detach", *waiting, **variables)

    def container(self, service: str) -> str:
        """Its name."""
        return f"{PROJECT}-{service}-1"

    def health(self, service: str) -> str:
        """What the engine says of a container: healthy, unhealthy, starting; or why it has none."""
        state = "{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}"
        said = engine.output("docker", "inspect", "--format", state, self.container(service))
        status, _, health = said.partition(" ")
        return health if status == "running" else status

    def wait_for(self, service: str, health: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (now := self.health(service)) != health:
            if time.monotonic() > deadline:
                logs = engine.output("docker", "logs", "--tail", "30", self.container(service))
                raise Failure(f"{service} is {now} and not {health} after {seconds:.0f} s:\n{logs}")
            time.sleep(0.5)

    def query(self, sql: str) -> str:
        """What PostgreSQL answers."""
        psql = ["psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username=pgfold"]
        in_container = ["docker", "exec", self.container("postgres"), *psql, "--dbname=pgfold"]
        return engine.output(*in_container, f"--command={sql}")

    def address(self, port: int) -> str:
        published = engine.output("docker", "port", self.container("api"), f"{port}/tcp")
        return f"http://{published.splitlines()[0]}"

    def ask(self, port: int, path: str, *, method: str = "GET", **headers: str) -> bytes:
        """What the API answers; it is reached at another port than the one it knows."""
        host = {"Host": f"127.0.0.1:{port}"}
        request = urllib.request.Request(
            self.address(port) + path, headers=host | headers, method=method
        )
        with http.open(request, timeout=60) as response:
            return response.read()

    def job(self) -> dict:
        """The main job, when it has an answer."""
        task_id = json.loads(self.ask(8080, "/compute_min_distance", method="POST"))["task_id"]
        return json.loads(self.ask(8080, f"/get_min_distance/{task_id}", Prefer="wait=20"))

    def wait_for_an_answer(self, seconds: float) -> None:
        """Wait until jobs run."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.job()
                return
            except (OSError, ValueError, LookupError, Failure) as error:
                if time.monotonic() > deadline:
                    raise Failure(f"no job runs after {seconds:.0f} s: {error}") from error
            time.sleep(1)

    def expected(self) -> float:
        """The same by SQL."""
        return float(self.query(main_job.SQL))


def changes() -> str:
    """A file for compose beside compose.yaml."""
    volumes = "".join(f"  {one}: {{name: {name_of(one)}, external: true}}\n" for one in KEPT)
    ports = "".join(f"      - 127.0.0.1::{port}\n" for port in (8080, 5555))
    return f"services:\n  api:\n    ports: !override\n{ports}volumes:\n{volumes}"


def name_of(volume: str) -> str:
    return f"{PROJECT}-kept-{volume}"
