"""Schedules start jobs: made by the command line or by infra/schedule.yaml, fired by the emulator.

Runs with the packages of the SAM CLI, against a stack.
"""

import json
import os
import subprocess
import time
import unittest
import uuid
from datetime import UTC, datetime, timedelta

import boto3

from build import client
from paths import CHECKOUT

STACK = os.environ["PGFOLD_STACK"]
JOB = {"kernel": "summary", "columns": ["x1"], "chunks": 2}
# The emulator looks every ten seconds what is due.
SECONDS = 120


def pgfold(*arguments: str, status: int = 0) -> str:
    """What the command line prints, once it has exited with this status."""
    ran = subprocess.run(
        [client(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if ran.returncode != status:
        raise AssertionError(f"{ran.returncode} of {arguments}: {ran.stdout}{ran.stderr}")
    return ran.stdout


def soon(seconds: int = 5) -> str:
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"


def new_name() -> str:
    return f"test-{uuid.uuid4()}"


def invoke(payload: object) -> tuple[str | None, dict]:
    """The function error of submit, if there is one, and what it says."""
    answer = boto3.client("lambda").invoke(
        FunctionName=os.environ["SUBMIT_ARN"], Payload=json.dumps(payload)
    )
    return answer.get("FunctionError"), json.loads(answer["Payload"].read())


def task_ids() -> set[str]:
    listed = pgfold("list", "--all", "--json")
    return {task["task_id"] for line in listed.splitlines() for task in json.loads(line)["tasks"]}


class Schedules(unittest.TestCase):
    def setUp(self):
        self.before = task_ids()

    def delete_stack(self, name: str) -> None:
        """And with it a schedule, whose jobs would be counted among those of other tests."""
        cloudformation = boto3.client("cloudformation")
        cloudformation.delete_stack(StackName=name)
        waiter = cloudformation.get_waiter("stack_delete_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})

    def started(self) -> str:
        """The only job that has been started since the test began."""
        deadline = time.monotonic() + SECONDS
        while not (new := task_ids() - self.before):
            self.assertLess(time.monotonic(), deadline, "no job was started")
            time.sleep(0.5)
        [task_id] = new
        return task_id

    def assert_completes(self, task_id: str, rows: int) -> None:
        told = json.loads(pgfold("wait", task_id, "--json", "--no-receipts"))
        self.assertEqual((told["state"], told["rows"]), ("completed", rows))

    def assert_key(self, task_id: str, name: str, scheduled: str, job: dict) -> None:
        """That a repetition of the trigger finds the job that the trigger has started."""
        key = f"{STACK}/{name}/{scheduled}Z"
        error, answer = invoke({"job": job, "idempotency_key": key})
        self.assertEqual((error, answer["task_id"]), (None, task_id))

    def test_a_schedule_of_the_command_line_starts_one_job_that_completes(self):
        name, at = new_name(), soon()
        job = ["--kernel", "summary", "--column", "x1", "--chunks", "2", "--where", "id<=1000"]
        created = pgfold("schedule", "create", name, "--at", at, *job)
        self.addCleanup(subprocess.run, [client(), "schedule", "delete", name], capture_output=True)
        self.assertIn(f"at({at}), UTC", created)
        [listed] = [
            one
            for one in json.loads(pgfold("schedule", "list", "--json"))["schedules"]
            if one["name"] == name
        ]
        self.assertEqual((listed["expression"], listed["state"]), (f"at({at})", "enabled"))

        task_id = self.started()
        self.assert_completes(task_id, 1000)
        self.assert_key(task_id, name, at, listed["job"])
        # One of a single moment is gone afterwards.
        pgfold("schedule", "delete", name, status=4)

    def test_a_schedule_of_the_template_starts_jobs_until_it_is_deleted(self):
        name = new_name()
        cloudformation = boto3.client("cloudformation")
        outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        template = (CHECKOUT / "infra" / "schedule.yaml").read_text()
        given = {"Name": name, "Expression": "rate(1 minute)", "Job": json.dumps(JOB)}
        given |= {one["OutputKey"]: one["OutputValue"] for one in outputs}
        declared = cloudformation.get_template_summary(TemplateBody=template)["Parameters"]
        known = {one["ParameterKey"] for one in declared}
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in given.items()
                if key in known
            ],
        )
        self.addCleanup(self.delete_stack, name)
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        self.assertIn(name, pgfold("schedule", "list"))

        task_id = self.started()
        self.assert_completes(task_id, 1_000_000)
        # By the minute in which it was due, which is this one or one before.
        now = datetime.now(UTC)
        minutes = [f"{now - timedelta(minutes=back):%Y-%m-%dT%H:%M}:00" for back in range(3)]
        keys = [f"{STACK}/{name}/{minute}Z" for minute in minutes]
        found = {invoke({"job": JOB, "idempotency_key": key})[1]["task_id"] for key in keys}
        self.assertIn(task_id, found)

    def test_a_disabled_schedule_is_listed_and_can_be_deleted(self):
        name = new_name()
        job = ["--compute", "n=summary:x1", "--time-zone", "Europe/Rome", "--disabled"]
        pgfold("schedule", "create", name, "--cron", "* * * * ? *", *job)
        [line] = [one for one in pgfold("schedule", "list").splitlines() if name in one]
        self.assertEqual(line.split()[1:9:7], ["cron(*", "disabled"])
        pgfold("schedule", "create", name, "--rate", "1 hour", "--kernel", "summary", status=7)
        self.assertEqual(pgfold("schedule", "delete", name), f"deleted {name}\n")
        self.assertNotIn(name, pgfold("schedule", "list"))

    def test_a_job_that_the_server_refuses_is_not_scheduled(self):
        name = new_name()
        job = ["--kernel", "summary", "--column", "salary"]
        pgfold("schedule", "create", name, "--rate", "1 minute", *job, status=7)
        self.assertNotIn(name, pgfold("schedule", "list"))


class Invocations(unittest.TestCase):
    def test_two_with_one_key_start_one_job(self):
        before = task_ids()
        payload = {"job": JOB, "idempotency_key": new_name()}
        first, second = invoke(payload), invoke(payload)
        self.assertEqual(first, second)
        error, answer = first
        self.assertEqual((error, answer["status"], answer["chunks"]), (None, "task submitted", 2))
        self.assertEqual(task_ids() - before, {answer["task_id"]})
        told = json.loads(pgfold("wait", answer["task_id"], "--json", "--no-receipts"))
        self.assertEqual((told["state"], told["rows"]), ("completed", 1_000_000))

    def test_a_wrong_one_is_a_function_error_with_the_sentence_of_the_api(self):
        for payload, sentence in [
            ({"job": JOB | {"chunks": 0}}, "chunks must be a whole number from 1 to 10000, not 0"),
            ({"job": JOB, "key": "k"}, "unknown field `key`, expected one of `job`, "),
        ]:
            error, answer = invoke(payload)
            self.assertTrue(error, answer)
            self.assertEqual(answer["errorType"], "Invalid")
            self.assertIn(sentence, answer["errorMessage"])


if __name__ == "__main__":
    unittest.main()
