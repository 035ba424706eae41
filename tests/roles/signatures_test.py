"""The emulator refuses what is not signed, or not as it should be, as AWS does.

Runs with the packages of the SAM CLI, which has boto3, against a stack that enforces IAM.
"""

import json
import os
import unittest
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import users
from answer import answer

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
REGION = os.environ["AWS_REGION"]

# Calls that change nothing, of each service that functions call.
CALLS = {
    "dynamodb": ("DynamoDB_20120810.DescribeTable", {"TableName": os.environ["JOBS_TABLE"]}),
    "sqs": ("AmazonSQS.GetQueueAttributes", {"QueueUrl": os.environ["CHUNKS_QUEUE_URL"]}),
}


def prepared(service: str) -> AWSRequest:
    target, body = CALLS[service]
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
    return AWSRequest("POST", f"{ENDPOINT}/", headers=headers, data=json.dumps(body).encode())


def signed(service: str, by: Credentials) -> AWSRequest:
    request = prepared(service)
    SigV4Auth(by, service, REGION).add_auth(request)
    return request


def send(request: AWSRequest) -> tuple[int, str]:
    headers = dict(request.headers.items())
    sent = urllib.request.Request(request.url, request.data, headers, method="POST")
    return answer(sent, seconds=20)


class Signatures(unittest.TestCase):
    """A user's requests: the emulator takes its own root account at its word."""

    @classmethod
    def setUpClass(cls):
        actions = ["dynamodb:DescribeTable", "sqs:GetQueueAttributes"]
        cls.reader = users.make("reader", [{"Effect": "Allow", "Action": actions, "Resource": "*"}])

    def test_a_request_that_is_signed_is_answered(self):
        for service in CALLS:
            with self.subTest(service):
                status, body = send(signed(service, self.reader))
                self.assertEqual(status, 200, body)

    def test_a_request_without_signature_is_refused(self):
        self.assert_refused(prepared, "MissingAuthenticationToken|User: anonymous")

    def test_a_request_signed_with_another_secret_is_refused(self):
        other = Credentials(self.reader.access_key, "another")
        self.assert_refused(lambda service: signed(service, other), "Signature")

    def test_a_request_of_an_unknown_key_is_refused(self):
        unknown = Credentials("AKIAIOSFODNN7EXAMPLE", self.reader.secret_key)
        self.assert_refused(
            lambda service: signed(service, unknown),
            "security token included in the request is invalid",
        )

    def test_a_request_whose_body_is_not_what_was_signed_is_refused(self):
        def changed(service: str) -> AWSRequest:
            request = signed(service, self.reader)
            request.data = request.data.replace(b"}", b" }")
            return request

        self.assert_refused(changed, "Signature")

    def test_a_user_without_policies_may_do_nothing(self):
        nobody = users.make("nobody")
        self.assert_refused(lambda service: signed(service, nobody), "AccessDenied")

    def assert_refused(self, request, pattern: str) -> None:
        for service in CALLS:
            with self.subTest(service):
                status, body = send(request(service))
                self.assertIn(status, (400, 403), body)
                self.assertRegex(body, pattern)


if __name__ == "__main__":
    unittest.main()
