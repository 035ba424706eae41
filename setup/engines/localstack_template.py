"""template.yaml on LocalStack from PyPI: what its licence allows, and jobs from submit to answer.

It deploys the queues, the table, the roles and the functions, delivers messages to these, and
passes over what it does not know. API Gateway is such; `http_api.py` stands before the functions.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import deploy
import deployed_functions
import dynamodb_local
import environment
import http_api
import localstack
import postgres
import postgres_versions
import runtime_emulator
from background import STATE
from build import BUILD, building
from paths import CHECKOUT, INIT_SQL
from run import Engine, Run, Suite
from steps import Failure

SUITES = (Suite("jobs of the template", "deployed", ("end_to_end::smoke::",)),)

PROGRAM = Path(__file__).with_name("localstack_server.py")

# LocalStack takes the text of a parameter for no number here, so the number stands there itself.
AGE = "Threshold: !Ref QueueAgeLimit"
AGE_AS_NUMBER = "Threshold: 900"

# Those of `make test`.
PARAMETERS = {
    "MapperTimeout": "20",
    "ChunkVisibilityTimeout": "20",
    "MaxAttempts": "3",
    "Store": "dynamodb",
}


def runs() -> Iterator[Run]:
    engine = "LocalStack, with functions as processes"
    yield Run("localstack-template", engine, "4", serving, SUITES)


@contextmanager
def serving() -> Iterator[Engine]:
    with ExitStack() as stack:
        database, _ = stack.enter_context(
            postgres_versions.running(postgres_versions.of_local_cloud)
        )
        postgres.psql(database, "--file", INIT_SQL)
        jobs, _ = stack.enter_context(dynamodb_local.running())
        settings = {
            "DYNAMODB_LOCAL_PORT": str(urlsplit(jobs).port),
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "1",
        }
        # Otherwise modules of ours would hide LocalStack's.
        program = ["-P", PROGRAM, runtime_emulator.installed()]
        endpoint, version = stack.enter_context(localstack.running(program, settings))
        outputs = deployed(endpoint, database)
        names = {name: one.name for name, one in deployed_functions.functions(endpoint).items()}
        invoke = partial(http_api.invoke, endpoint, names)
        url = stack.enter_context(http_api.serving(invoke))
        client = environment.for_local_programs(environment.aws_client(endpoint))
        yield Engine(
            version,
            client
            | postgres_versions.variables(database)
            | {
                "API_URL": url,
                "STORE": "dynamodb",
                "JOBS_TABLE": outputs["JobsTable"],
                "CHUNKS_QUEUE_URL": outputs["ChunksQueueUrl"],
                "REDUCTIONS_QUEUE_URL": outputs["ReductionsQueueUrl"],
                "DEAD_LETTER_QUEUE_URL": outputs["DeadLetterQueueUrl"],
                "REDUCTIONS_DEAD_LETTER_QUEUE_URL": outputs["ReductionsDeadLetterQueueUrl"],
                "POISON_QUEUE_URL": outputs["PoisonQueueUrl"],
            },
        )


def deployed(endpoint: str, database: str) -> dict[str, str]:
    """The outputs of the stack that this checkout is deployed as."""
    with building() as build:
        built = build.finish()
    changed = BUILD / "localstack.yaml"
    template = (BUILD / "template.yaml").read_text()
    if AGE not in template:
        raise Failure(f"template.yaml has no {AGE}, and {Path(__file__).name} changes it")
    changed.write_text(template.replace(AGE, AGE_AS_NUMBER))
    STATE.mkdir(parents=True, exist_ok=True)
    (STATE / "deployed.json").unlink(missing_ok=True)
    target = deploy.Target(endpoint, None, STATE, STATE / "log" / "deploy.log", template=changed)
    sources = (CHECKOUT / "tests" / "sources.json").read_text()
    backends = {"DatabaseUrl": database}
    return deploy.deploy(target, built, backends, PARAMETERS | {"Sources": sources})
