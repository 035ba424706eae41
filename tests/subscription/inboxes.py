"""What subscribers have received: a webhook on this machine, and a queue behind a topic."""

import json
import queue
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

import boto3

# An event comes within seconds of the ending. The machine may be busy.
SECONDS = 120


class Inbox(Protocol):
    def received(self) -> list:
        """What has come since the last call, or within a moment: events or sentences."""


class Webhook:
    """A server that accepts everything and remembers it."""

    def __init__(self, undo: Callable[..., object]):
        requests = self.requests = queue.SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                requests.put((self.path, self.headers, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        undo(server.server_close)
        undo(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"
        # The path and the headers of each request whose body was returned.
        self.envelopes: list[tuple] = []

    def received(self) -> list:
        try:
            *envelope, body = self.requests.get(timeout=1)
        except queue.Empty:
            return []
        self.envelopes.append(tuple(envelope))
        return [body]


class Topic:
    """A topic of SNS, to which a queue is subscribed."""

    def __init__(self, undo: Callable[..., object]):
        self.sqs = boto3.client("sqs")
        sns, name = boto3.client("sns"), f"test-{uuid.uuid4()}"
        self.arn = sns.create_topic(Name=name)["TopicArn"]
        undo(sns.delete_topic, TopicArn=self.arn)
        self.queue = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        undo(self.sqs.delete_queue, QueueUrl=self.queue)
        asked = self.sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["QueueArn"])
        endpoint = asked["Attributes"]["QueueArn"]
        sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=endpoint)

    def received(self) -> list:
        received = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        messages = received.get("Messages", [])
        for message in messages:
            self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in messages]


def wait_for(inbox: Inbox, is_enough: Callable[[list], bool]) -> list:
    """All that comes until it is enough."""
    came = []
    deadline = time.monotonic() + SECONDS
    while not is_enough(came):
        if time.monotonic() > deadline:
            raise AssertionError(f"within {SECONDS} s there came {came}")
        came += inbox.received()
    return came


def endings(events: Iterable[dict]) -> set[tuple[str, str]]:
    """Of which jobs, and how."""
    return {(event["detail"]["task_id"], event["detail"]["state"]) for event in events}
