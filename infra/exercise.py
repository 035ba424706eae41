"""Ask the API of a stack while it is deployed, so that a canary has something to fail by.

A gradual deployment goes back if an alarm goes off while a part of the requests has the new
functions. Without requests none does. This makes a few each second, to each function of the API,
and a job now and then, which the new mappers read. It goes on until the deployment ends, then runs
one job, which must succeed. Run it with the packages of the SAM CLI, beside the deployment:

    python3 setup/local_cloud python sam -- infra/exercise.py --stack-name pgfold
"""

import argparse
import collections
import concurrent.futures
import json
import sys
import time
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

import smoke_job
from signed_api import SignedApi

# Seconds between rounds, and between jobs. Of ten requests one has the new function, and the alarm
# api-errors wants five errors in a minute: so many are there if all its answers are errors.
ROUND = 1
JOB = 30

# Rounds between two looks at the stack, because CloudFormation does not like to be asked often.
ROUNDS = 5

# Seconds for which a deployment may not have begun yet, and that it may take.
BEGINS = 600
ENDS = 2700


class Stack:
    """What CloudFormation says of a stack."""

    def __init__(self, name: str):
        self.name = name
        self.client = boto3.client("cloudformation")

    def described(self) -> dict:
        """The stack, or `{}` if there is none."""
        try:
            return self.client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise

    def is_changing(self) -> bool:
        return self.described().get("StackStatus", "").endswith("IN_PROGRESS")

    def changed_since(self, since: datetime) -> bool:
        described = self.described()
        changed = described.get("LastUpdatedTime") or described.get("CreationTime")
        return changed is not None and changed >= since

    def url(self) -> str | None:
        """Where its API answers, once it has one."""
        outputs = self.described().get("Outputs", [])
        return next((one["OutputValue"] for one in outputs if one["OutputKey"] == "ApiUrl"), None)


def main(argv: list[str]) -> None:
    options = parse(argv)
    try:
        stack = Stack(options.stack_name)
        exercise(stack, options.since, options.job)
        if not (url := stack.url()):
            sys.exit(f"the stack {stack.name} has no API")
        print(f"after the deployment: {smoke_job.run(SignedApi(url), options.job)}")
    except smoke_job.Failed as failed:
        sys.exit(f"after the deployment: {failed}")
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS does not answer: {error}")


def exercise(stack: Stack, since: datetime, job: dict) -> None:
    """Ask until the deployment ends; say what was answered."""
    begins = time.monotonic() + BEGINS
    while not (stack.is_changing() or stack.changed_since(since)):
        if time.monotonic() > begins:
            print(f"nothing has been deployed for {BEGINS} s")
            return
        time.sleep(5)
    url = stack.url()
    if not url:
        print("the stack is new, so there is nothing to shift from")
    answers = collections.Counter()
    ends, next_job = time.monotonic() + ENDS, 0.0
    # Jobs beside the requests, because one may take minutes to fail.
    with concurrent.futures.ThreadPoolExecutor(1) as jobs:
        running = None
        while stack.is_changing() and time.monotonic() < ends:
            for _ in range(ROUNDS if url else 0):
                if time.monotonic() >= next_job and (running is None or running.done()):
                    next_job = time.monotonic() + JOB
                    running = jobs.submit(run_job, SignedApi(url), job)
                round_of_requests(SignedApi(url), job, answers)
                time.sleep(ROUND)
            if not url:
                time.sleep(ROUNDS * ROUND)
    for (what, status), count in sorted(answers.items()):
        print(f"{what}: {count} times {status}")


def round_of_requests(api: smoke_job.Api, job: dict, answers: collections.Counter) -> None:
    """One request to each function that answers requests: submit, result and jobs."""
    unknown = "agg_0192f0c1-2f6e-7a52-9c1e-3d2f0a4b5c6d"
    for method, path, body in (
        ("POST", "/tasks?dry_run=true", job),
        ("GET", f"/get_min_distance/{unknown}", None),
        ("GET", "/tasks?limit=1", None),
    ):
        status, _ = api.ask(method, path, body)
        answers[f"{method} {path.partition('?')[0]}", status] += 1


def run_job(api: smoke_job.Api, job: dict) -> None:
    """A job that fails is for the alarms to judge: its mapper may have been the old one."""
    try:
        print(f"during the deployment: {smoke_job.run(api, job)}", flush=True)
    except smoke_job.Failed as failed:
        print(f"during the deployment: {failed}", flush=True)


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="infra/exercise.py")
    parser.add_argument("--stack-name", required=True)
    parser.add_argument(
        "--since",
        type=datetime.fromisoformat,
        default=datetime.now(UTC),
        help="a time before the deployment began, such as 2026-11-29T17:00:00Z; now, if not given",
    )
    parser.add_argument(
        "--job",
        type=request_body,
        default=smoke_job.DEFAULT,
        help='the body of POST /tasks, such as {"source": "recent", "kernel": "distinct"}',
    )
    return parser.parse_args(argv)


def request_body(text: str) -> dict:
    """The body of a request; the default for an empty text."""
    body = json.loads(text) if text.strip() else smoke_job.DEFAULT
    if not isinstance(body, dict):
        raise ValueError(text)
    return body


if __name__ == "__main__":
    main(sys.argv[1:])
