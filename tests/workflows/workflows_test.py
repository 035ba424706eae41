"""A state machine waits for jobs and branches on their answers: infra/state-machine.yaml.

Runs with the packages of the SAM CLI, against a stack. The emulator goes on waiting where the
function that a task invokes fails, so that a job is refused is not tried here.
"""

import json
import os
import time
import unittest
import uuid

import boto3

from paths import CHECKOUT

STACK = os.environ["PGFOLD_STACK"]
TEMPLATE = (CHECKOUT / "infra" / "state-machine.yaml").read_text()
JOB = {"kernel": "summary", "columns": ["x1"], "chunks": 2}
SECONDS = 120


class Workflows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cloudformation = boto3.client("cloudformation")
        outputs = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["Outputs"]
        submit = next(one["OutputValue"] for one in outputs if one["OutputKey"] == "SubmitArn")
        cls.name = f"test-{uuid.uuid4()}"
        given = {"Name": cls.name, "SubmitArn": submit}
        parameters = [{"ParameterKey": key, "ParameterValue": given[key]} for key in given]
        cloudformation.create_stack(
            StackName=cls.name,
            TemplateBody=TEMPLATE,
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM"],
        )
        cls.addClassCleanup(cloudformation.delete_stack, StackName=cls.name)
        waiter = cloudformation.get_waiter("stack_create_complete")
        waiter.wait(StackName=cls.name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        [stack] = cloudformation.describe_stacks(StackName=cls.name)["Stacks"]
        cls.machine = stack["Outputs"][0]["OutputValue"]

    def run_job(self, job: dict) -> dict:
        """The execution, once it is over."""
        states = boto3.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=self.machine, input=json.dumps({"job": job})
        )
        deadline = time.monotonic() + SECONDS
        while True:
            execution = states.describe_execution(executionArn=started["executionArn"])
            if execution["status"] != "RUNNING":
                return execution
            self.assertLess(time.monotonic(), deadline, "the execution does not end")
            time.sleep(0.2)

    def test_an_execution_has_the_answer_of_its_job(self):
        execution = self.run_job(JOB)
        self.assertEqual(execution["status"], "SUCCEEDED", execution)
        self.assertEqual(json.loads(execution["output"])["rows"], 1_000_000)

    def test_an_execution_branches_on_the_answer(self):
        nothing = JOB | {"where": [{"column": "id", "lt": 0}]}
        execution = self.run_job(nothing)
        self.assertEqual((execution["status"], execution.get("error")), ("FAILED", "Empty"))

    def test_an_execution_fails_with_the_reason_of_its_job(self):
        execution = self.run_job(JOB | {"source": "failing"})
        self.assertEqual((execution["status"], execution.get("error")), ("FAILED", "pgfold.Failed"))
        self.assertIn("failed: ", execution["cause"])


if __name__ == "__main__":
    unittest.main()
