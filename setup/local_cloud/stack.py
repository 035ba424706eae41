"""One local stack: its servers, the order in which they start, and where it keeps its files."""

import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import deploy
import emulator
import environment
import front
import ports
import postgres
import prerequisites
import standby
import tools
import valkey
from build import Build, building, require_linux
from paths import LOCAL
from process import Server
from steps import step

# In the order in which they stop.
SERVERS = {
    "front": signal.SIGTERM,
    "relay": signal.SIGTERM,
    "watch": signal.SIGTERM,
    "emulator": signal.SIGTERM,
    "valkey": signal.SIGTERM,
    "standby": signal.SIGINT,
    "postgres": signal.SIGINT,
}


class Stack:
    """The stack that keeps its state in one directory."""

    def __init__(self, state: Path):
        self.state = state.resolve()
        self.database_home = self.state / "postgres"
        self.standby_home = self.state / "standby"

    def server(self, name: str) -> Server:
        return Server(record=self.state / "run" / name, log=self.log(name))

    def port_record(self, name: str) -> Path:
        return self.state / "port" / name

    def log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"

    def up(
        self,
        parameters: dict[str, str],
        own_database: bool,
        database_settings: Mapping[str, str] = MappingProxyType({}),
        on_standby: bool = False,
        as_shipped: bool = False,
        enforces_iam: bool = False,
    ) -> dict[str, str]:
        """Deploy this checkout to the stack; return the variables by which programs find it.

        A database that is started gets `database_settings` on top of its usual ones. On a standby
        of it, `PRIMARY_URL` is where to write. `as_shipped`: functions optimised as on AWS.
        `enforces_iam`: signatures and policies count, and the template's roles get a boundary.
        """
        require_linux()
        prerequisites.check()
        with only_one_at_a_time(), building(as_shipped=as_shipped) as build:
            self.stop_server("watch")  # from now on the deployed functions run
            tools.install()
            given = None if own_database else os.environ.get("DATABASE_URL")
            if given:
                database_url = self.check_database(given, parameters)
            else:
                of_primary = standby.OF_PRIMARY if on_standby else {}
                database_url = self.start_database({**database_settings, **of_primary})
            read_url = self.start_standby(database_url) if on_standby else database_url
            valkey_url = self.start_valkey()
            endpoint = self.start_emulator(enforces_iam)
            variables = self.deploy(
                build, read_url, valkey_url, endpoint, parameters, enforces_iam=enforces_iam
            )
            return variables | ({"PRIMARY_URL": database_url} if on_standby else {})

    def deploy_to(
        self, database_url: str, valkey_url: str, endpoint: str, parameters: dict[str, str]
    ) -> dict[str, str]:
        """Do as `up` does with servers that somebody else has started."""
        require_linux()
        prerequisites.check()
        with only_one_at_a_time(), building() as build:
            self.state.mkdir(parents=True, exist_ok=True)
            tools.install_sam(cross_compiler=False)
            # We do not know what is deployed on an emulator that somebody else has started.
            (self.state / "deployed.json").unlink(missing_ok=True)
            return self.deploy(build, database_url, valkey_url, endpoint, parameters)

    def deploy(
        self,
        build: Build,
        database_url: str,
        valkey_url: str,
        endpoint: str,
        parameters: dict[str, str],
        enforces_iam: bool = False,
    ) -> dict[str, str]:
        """Deploy what is built; write and return the variables by which programs find it."""
        built = build.finish()
        backends = {"DatabaseUrl": database_url, "ValkeyUrl": valkey_url}
        emulator_process = self.server("emulator").leader()
        log = self.log("deploy")
        target = deploy.Target(endpoint, emulator_process, self.state, log, enforces_iam)
        outputs = deploy.deploy(target, built, backends, parameters)

        # By path, because names below localhost do not resolve everywhere.
        api_url = f"{endpoint}/_aws/execute-api/{outputs['ApiId']}"
        variables = {
            "API_URL": api_url,
            "DASHBOARD_URL": f"{api_url}/dashboard",
            "DATABASE_URL": database_url,
            **environment.aws_client(endpoint),
            "PGFOLD_STACK": deploy.STACK_NAME,
            "SUBMIT_ARN": outputs["SubmitArn"],
            "STORE": outputs["Store"],
            "JOBS_TABLE": outputs["JobsTable"],
            "OBJECTS_BUCKET": outputs["ObjectsBucket"],
            "CHUNKS_QUEUE_URL": outputs["ChunksQueueUrl"],
            "REDUCTIONS_QUEUE_URL": outputs["ReductionsQueueUrl"],
            "DEAD_LETTER_QUEUE_URL": outputs["DeadLetterQueueUrl"],
            "REDUCTIONS_DEAD_LETTER_QUEUE_URL": outputs["ReductionsDeadLetterQueueUrl"],
            "POISON_QUEUE_URL": outputs["PoisonQueueUrl"],
            # Not if Events=off.
            "REMINDERS_QUEUE_URL": outputs.get("RemindersQueueUrl", ""),
            "VALKEY_URL": valkey_url,
        }
        environment.write(self.state / "env", variables)
        return variables

    def check_database(self, given: str, parameters: dict[str, str]) -> str:
        with step("postgres", "checking the database of DATABASE_URL"):
            # If the caller chose other sources, pgfold checks them.
            if "Sources" not in parameters:
                postgres.require_table(given, "points")
            return given

    def start_database(self, settings: Mapping[str, str]) -> str:
        with step("postgres", "PostgreSQL 18 with a million points"):
            return postgres.up(
                self.database_home, self.server("postgres"), self.port_record("postgres"), settings
            )

    def start_standby(self, primary_url: str) -> str:
        with step("standby", "a standby of it, whose queries give way to replication"):
            server, port_record = self.server("standby"), self.port_record("standby")
            return standby.up(self.standby_home, server, port_record, primary_url)

    def start_valkey(self) -> str:
        with step("valkey", "Valkey"):
            return valkey.up(
                self.server("valkey"), self.port_record("valkey"), self.state / "valkey"
            )

    def start_emulator(self, enforces_iam: bool) -> str:
        with step("emulator", f"MiniStack, which plays AWS{', IAM too' if enforces_iam else ''}"):
            server, port_record = self.server("emulator"), self.port_record("emulator")
            return emulator.up(server, port_record, self.state / "scratch", enforces_iam)

    def start_front(self, api_url: str) -> list[int]:
        """Serve the API at the demo's ports, those of them that are free; return those."""
        server = self.server("front")
        server.stop()
        free = [port for port in (front.API_PORT, front.DASHBOARD_PORT) if ports.is_free(port)]
        if free:
            argv = [sys.executable, front.__file__, api_url, "127.0.0.1", *map(str, free)]
            server.start(argv, env={})
            deadline = time.monotonic() + 10
            while server.is_running() and any(map(ports.is_free, free)):
                if time.monotonic() > deadline:
                    break
                time.sleep(0.01)
        return free if server.is_running() else []

    def down(self) -> bool:
        """Stop every process of this stack, and return whether one was running. Its data stays."""
        others = [run.name for run in (self.state / "run").glob("*") if run.name not in SERVERS]
        stopped = [self.stop_server(name) for name in (*others, *SERVERS)]
        for stale in ("env", "deployed.json"):
            (self.state / stale).unlink(missing_ok=True)
        for directory in ("scratch", "sam-local"):
            shutil.rmtree(self.state / directory, ignore_errors=True)
        return any(stopped)

    def stop_server(self, name: str) -> bool:
        if not self.server(name).members():
            return False
        with step("stop", f"{name} in {self.state.name}"):
            self.server(name).stop(gently=SERVERS.get(name, signal.SIGTERM))
        return True

    def remove(self) -> None:
        """Stop the stack and delete its files."""
        self.down()
        postgres.remove_home(self.database_home)
        postgres.remove_home(self.standby_home)
        directories = ("run", "port", "log", "valkey", "results")
        files = ("parameters.yaml", "chosen.json", "outputs.json", "functions.json")
        for kept in (*directories, *files):
            path = self.state / kept
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        if not any(self.state.iterdir()):
            self.state.rmdir()


def stacks_within(state: Path) -> list[Stack]:
    """The stacks that a directory holds, its own last."""
    return [Stack(run.parent) for run in (*state.glob("*/run"), *state.glob("run"))]


@contextmanager
def only_one_at_a_time() -> Iterator[None]:
    """Keep two commands in one checkout from installing or building at once."""
    LOCAL.mkdir(exist_ok=True)
    with (LOCAL / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("lock", "waiting for another command in this checkout"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
