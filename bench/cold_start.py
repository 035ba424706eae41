"""How the functions start: each in AWS's runtime interface emulator, in a new environment.

A whole job goes through them, one function after the other: submit sends its messages to a queue of
their own, and they are handed to a mapper from there.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import deployed_functions
import environment
import lambda_events
import process_tree
import tables
from runtime_emulator import RuntimeEmulator
from settings import Settings
from side_queue import SideQueue
from stack import Stack
from steps import Step, step

# The functions by their names in the template, in the order of a job.
FUNCTIONS = {
    "submit": "SubmitFunction",
    "mapper": "MapperFunction",
    "reducer": "ReducerFunction",
    "result": "ResultFunction",
    "jobs": "JobsFunction",
    "dead_letter": "DeadLetterFunction",
    "announcer": "AnnouncerFunction",
}
ROUNDS = 10
PLANS = 20
SMALL, SMALL_ROWS = "small", 10_000


@dataclass(frozen=True)
class Environments:
    """Makes environments of the functions, whose programs lie in one directory."""

    programs: Path
    stack: Stack
    endpoint: str
    variables: Mapping[str, Mapping[str, str]]
    queue: SideQueue
    reductions: SideQueue

    @classmethod
    def of(cls, settings: Settings, programs: Path) -> "Environments":
        queue, reductions = (
            SideQueue.create(settings.aws_endpoint, name)
            for name in ("cold-start", "cold-start-reductions")
        )
        deployed = deployed_functions.functions(settings.aws_endpoint)
        variables = {name: function.variables for name, function in deployed.items()}
        stack = Stack(settings.state)
        return cls(programs, stack, settings.aws_endpoint, variables, queue, reductions)

    def program(self, function: str) -> Path:
        return self.programs / function

    def start(self, function: str, **others: str) -> RuntimeEmulator:
        """An environment of one function, with the deployed one's variables and `others`."""
        variables = {
            **self.variables[FUNCTIONS[function]],
            **environment.aws_client(self.endpoint),
            "CHUNKS_QUEUE_URL": self.queue.url,
            "REDUCTIONS_QUEUE_URL": self.reductions.url,
            **others,
        }
        return RuntimeEmulator(
            self.stack.server(f"environment-{function}"), self.program(function), variables
        )


def measure(settings: Settings) -> dict:
    """Every function's size, times and memory; memory and planning by the rows of the table."""
    environments = Environments.of(settings, settings.programs)
    with step("table", f"{SMALL_ROWS:,} rows") as current:
        tables.fill(current, settings.database_url, SMALL, SMALL_ROWS)
    with step("start", f"every function, {ROUNDS} times, in AWS's runtime emulator") as current:
        functions = starts(environments, current)
    databases = {
        rows: tables.database_of(settings.database_url, rows) for rows in settings.growth_rows
    }
    with step("memory", "of a mapper whose chunk is a whole table"):
        chunks = [whole_table(environments, rows, databases[rows]) for rows in settings.rows]
    with step("plan", f"{PLANS} dry runs in one environment of submit, a table"):
        plans = [planning(environments, rows, url) for rows, url in databases.items()]
    return {"functions": functions, "chunks": chunks, "plans": plans}


def starts(environments: Environments, current: Step) -> dict[str, dict]:
    """The time that each function takes to start, for its first event and for its second."""
    figures: dict[str, dict] = {
        function: {"zipped_bytes": zipped_bytes(environments.program(function))}
        for function in FUNCTIONS
    }
    for number in range(ROUNDS + 1):
        current.sign_of_life(f"round {number} of {ROUNDS}" if number else "warming up")
        for function, measured in one_job(environments).items():
            if number:
                for what, figure in measured.items():
                    figures[function].setdefault(what, []).append(figure)
    return figures


def one_job(environments: Environments) -> dict[str, dict[str, float]]:
    """Three jobs of two chunks.

    One goes all its way, the chunks of another are dead letters, and the groups of the last are
    written into two files.
    """
    measured = {}

    def call(function: str, *events: dict) -> list[dict]:
        with environments.start(function) as started:
            answers = [started.invoke(event) for event in events]
            first, second = started.invocations_ms(len(events))
            measured[function] = {
                "init_ms": started.init_ms(),
                "first_ms": first,
                "second_ms": second,
                "peak_bytes": peak_bytes(started),
            }
            return answers

    two_chunks = lambda_events.submit({"chunks": 2, "source": SMALL})
    task_ids = [submitted(answer) for answer in call("submit", two_chunks, two_chunks)]
    messages = defaultdict(list)
    for body in environments.queue.receive(4):
        messages[json.loads(body)["task_id"]].append(body)
    finished, dead = task_ids
    for answer in call("mapper", *map(lambda_events.chunk, messages[finished])):
        acknowledged(answer)
    for answer in call("reducer", *map(lambda_events.chunk, mapped(environments))):
        acknowledged(answer)
    for answer in call("announcer", *[lambda_events.ended(messages[finished][0])] * 2):
        acknowledged(answer)
    for answer in call("result", *[lambda_events.result(finished)] * 2):
        expect(answer["statusCode"] == 200, answer)
    for answer in call("jobs", *[lambda_events.jobs(finished)] * 2):
        expect(json.loads(answer["body"])["state"] == "completed", answer)
    for answer in call("dead_letter", *map(lambda_events.dead_letter, messages[dead])):
        acknowledged(answer)
    return measured


def mapped(environments: Environments) -> list[str]:
    """The messages of both partitions of a job whose chunks are mapped."""
    task = {
        "source": SMALL,
        "chunks": 2,
        "group_by": ["x1"],
        "compute": {"y": {"kernel": "summary", "columns": ["y1"]}},
        "output": {"format": "parquet", "parts": 2},
    }
    with environments.start("submit") as submit:
        submitted(submit.invoke(lambda_events.task(task)))
    with environments.start("mapper") as mapper:
        for body in environments.queue.receive(2):
            acknowledged(mapper.invoke(lambda_events.chunk(body)))
    return environments.reductions.receive(2)


def whole_table(environments: Environments, rows: int, database_url: str) -> dict:
    """The peak memory of a mapper that reads a whole table as one chunk."""
    with environments.start("submit", DATABASE_URL=database_url) as submit:
        submitted(submit.invoke(lambda_events.submit({"chunks": 1})))
    [body] = environments.queue.receive(1)
    with environments.start("mapper", DATABASE_URL=database_url) as mapper:
        acknowledged(mapper.invoke(lambda_events.chunk(body)))
        return {"rows": rows, "peak_bytes": peak_bytes(mapper)}


def planning(environments: Environments, rows: int, database_url: str) -> dict:
    """The time of a dry run on a warm connection: the request, the plan and the answer."""
    dry_run = lambda_events.submit({}, query="dry_run=true")
    with environments.start("submit", DATABASE_URL=database_url) as submit:
        for _ in range(PLANS + 1):
            answer = submit.invoke(dry_run)
            expect(answer["statusCode"] == 200, answer)
        return {"rows": rows, "ms": submit.invocations_ms(PLANS + 1)[1:]}


def submitted(answer: Mapping) -> str:
    expect(answer["statusCode"] == 200, answer)
    return json.loads(answer["body"])["task_id"]


def acknowledged(answer: Mapping) -> None:
    expect(answer["batchItemFailures"] == [], answer)


def expect(is_so: bool, answer: Mapping) -> None:
    if not is_so:
        raise ValueError(f"not what was asked for: {answer}")


def peak_bytes(started: RuntimeEmulator) -> int:
    """The peak resident memory of the function's own process."""
    pids = process_tree.tree(started.server.leader().pid)
    name = started.program.name
    return next(process_tree.peak_bytes(pid) for pid in pids if process_tree.name(pid) == name)


def zipped_bytes(program: Path) -> int:
    """The size of the uploaded archive: the program, under the name that Lambda expects."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(program, "bootstrap")
    return len(archive.getvalue())
