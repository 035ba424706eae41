"""A queue that no function is behind, so that what submit sends waits to be looked at."""

import json
import urllib.request
from dataclasses import dataclass

from loopback import http


@dataclass(frozen=True)
class SideQueue:
    """One queue of the emulator."""

    endpoint: str
    url: str

    @classmethod
    def create(cls, endpoint: str, name: str) -> "SideQueue":
        return cls(endpoint, call(endpoint, "CreateQueue", QueueName=name)["QueueUrl"])

    def purge(self) -> None:
        """Forget what was sent."""
        call(self.endpoint, "PurgeQueue", QueueUrl=self.url)

    def is_empty(self) -> bool:
        """Whether all that was sent has been received."""
        return not call(self.endpoint, "ReceiveMessage", QueueUrl=self.url).get("Messages")

    def receive(self, count: int) -> list[str]:
        """The bodies of so many messages, all of which have been sent; they do not come again."""
        bodies: list[str] = []
        while len(bodies) < count:
            asked = {"MaxNumberOfMessages": min(count - len(bodies), 10)}
            received = call(self.endpoint, "ReceiveMessage", QueueUrl=self.url, **asked)
            messages = received.get("Messages", [])
            if not messages:
                raise LookupError(f"{self.url} holds {len(bodies)} messages, not {count}")
            for message in messages:
                bodies.append(message["Body"])
                handle = message["ReceiptHandle"]
                call(self.endpoint, "DeleteMessage", QueueUrl=self.url, ReceiptHandle=handle)
        return bodies


def call(endpoint: str, action: str, **parameters) -> dict:
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AmazonSQS.{action}",
        # Nobody checks it, but it says whose request this is.
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request",
    }
    request = urllib.request.Request(endpoint, json.dumps(parameters).encode(), headers)
    with http.open(request, timeout=30) as response:
        return json.loads(response.read() or b"{}")
