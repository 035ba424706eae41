"""Who may call the API of ApiAuth=iam, as the emulator reads signatures and policies.

The stack is deployed with ApiAuth=none, for the other tests; here its routes are changed to what
that parameter makes of them. Runs with the packages of the SAM CLI, against a stack that enforces
IAM.
"""

import os
import subprocess
import unittest
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from samcli.yamlhelper import yaml_parse

import smoke_job
import users
from answer import answer
from build import client
from paths import CHECKOUT
from signed_api import SignedApi

API_URL = os.environ["API_URL"]
API_ID = API_URL.rpartition("/")[2]
REGION = os.environ["AWS_REGION"]
EVERY_CALL = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}


def require(authorization: str) -> None:
    """Change every route."""
    gateway = boto3.client("apigatewayv2")
    pages = gateway.get_paginator("get_routes").paginate(ApiId=API_ID)
    for route in [one["RouteId"] for page in pages for one in page["Items"]]:
        gateway.update_route(ApiId=API_ID, RouteId=route, AuthorizationType=authorization)


def prepared(method: str, path: str, body: bytes | None = None) -> AWSRequest:
    headers = {"Content-Type": "application/json"} if body else {}
    return AWSRequest(method, API_URL + path, headers=headers, data=body)


def signed(by: Credentials, method: str, path: str, body: bytes | None = None) -> AWSRequest:
    request = prepared(method, path, body)
    SigV4Auth(by, "execute-api", REGION).add_auth(request)
    return request


def send(request: AWSRequest) -> tuple[int, str]:
    headers = dict(request.headers.items())
    sent = urllib.request.Request(request.url, request.data, headers, method=request.method)
    return answer(sent, seconds=60)


def of_smoke_test() -> list[dict]:
    """What SmokeTestRole may do with the API."""
    template = yaml_parse((CHECKOUT / "infra" / "github-oidc.yaml").read_text())
    [policy] = template["Resources"]["SmokeTestRole"]["Properties"]["Policies"]
    account = boto3.client("sts").get_caller_identity()["Account"]
    values = {"Partition": "aws", "Region": REGION, "AccountId": account}

    def resolved(arn: str) -> str:
        for name, value in values.items():
            arn = arn.replace(f"${{AWS::{name}}}", value)
        return arn

    return [
        one | {"Resource": [resolved(arn["Fn::Sub"]) for arn in one["Resource"]]}
        for one in policy["PolicyDocument"]["Statement"]
        if one["Action"] == EVERY_CALL["Action"]
    ]


class Api(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.caller = users.make("caller", [EVERY_CALL])
        require("AWS_IAM")
        cls.addClassCleanup(require, "NONE")

    def test_a_request_that_is_signed_is_answered(self):
        for method, path, body in (
            ("GET", "/", None),
            ("GET", "/tasks?limit=1", None),
            ("POST", "/tasks?dry_run=true", b'{"kernel": "distinct"}'),
        ):
            with self.subTest(f"{method} {path}"):
                status, said = send(signed(self.caller, method, path, body))
                self.assertEqual(status, 200, said)

    def test_the_command_line_signs_what_the_emulator_accepts(self):
        keys = {
            "AWS_ACCESS_KEY_ID": self.caller.access_key,
            "AWS_SECRET_ACCESS_KEY": self.caller.secret_key,
        }
        argv = [client(), "run", "--auth", "iam", "--url", API_URL, "--json"]
        done = subprocess.run(argv, env=os.environ | keys, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_what_is_not_signed_or_signed_wrongly_is_refused(self):
        body = b'{"kernel": "distinct"}'
        other = Credentials(self.caller.access_key, "another")
        unknown = Credentials("AKIAIOSFODNN7EXAMPLE", self.caller.secret_key)
        changed = signed(self.caller, "POST", "/tasks", body)
        changed.data = body.replace(b"}", b" }")
        elsewhere = signed(self.caller, "GET", "/tasks")
        elsewhere.url = f"{API_URL}/kernels"
        for what, request in {
            "without signature": prepared("GET", "/tasks"),
            "signed with another secret": signed(other, "GET", "/tasks"),
            "of an unknown key": signed(unknown, "GET", "/tasks"),
            "with another body": changed,
            "of another path": elsewhere,
        }.items():
            with self.subTest(what):
                self.assert_forbidden(request)

    def test_a_user_without_policies_may_call_nothing(self):
        nobody = users.make("stranger")
        for path in ("/", "/tasks", "/dashboard"):
            with self.subTest(path):
                self.assert_forbidden(signed(nobody, "GET", path))

    def test_the_smoke_test_may_run_its_job_and_change_nothing_else(self):
        keys = users.make("smoke-test", of_smoke_test())
        api = SignedApi(API_URL)
        api.session = boto3.Session(keys.access_key, keys.secret_key, region_name=REGION)
        self.assertRegex(smoke_job.run(api, smoke_job.DEFAULT), "completed|pending")
        self.assert_forbidden(signed(keys, "PUT", "/tasks"))
        self.assert_forbidden(signed(keys, "DELETE", "/kernels"))

    def assert_forbidden(self, request: AWSRequest) -> None:
        status, said = send(request)
        self.assertEqual(status, 403, said)


if __name__ == "__main__":
    unittest.main()
