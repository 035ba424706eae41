"""Subscribers receive how jobs of the stack ended. Runs with the packages of the SAM CLI."""

import json
import os
import re
import unittest
import urllib.request
import uuid

import boto3
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator

import subscription
from inboxes import Topic, Webhook, endings, wait_for
from loopback import http
from paths import CHECKOUT

DOCS = CHECKOUT / "docs"
SCHEMA = Draft202012Validator(json.loads((DOCS / "job-ended.schema.json").read_text()))
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMPLETES = {"kernel": "summary", "columns": ["x1"], "chunks": 2}
FAILS = COMPLETES | {"source": "failing"}
# Of so many chunks some are missing when it is cancelled. What is submitted after it waits for all.
IS_CANCELLED = COMPLETES | {"chunks": 200}


def ask(method: str, path: str, body: dict | None = None) -> dict:
    data = json.dumps(body).encode() if body else None
    headers = {"content-type": "application/json"} if body else {}
    request = urllib.request.Request(os.environ["API_URL"] + path, data, headers, method=method)
    with http.open(request, timeout=60) as response:
        return json.load(response)


def submit(job: dict) -> str:
    return ask("POST", "/tasks", job)["task_id"]


def cancelled() -> str:
    task_id = submit(IS_CANCELLED)
    ask("DELETE", f"/tasks/{task_id}")
    return task_id


def new_name() -> str:
    return f"test-{uuid.uuid4()}"


class Subscriptions(unittest.TestCase):
    def subscribe_topic(self, *parameters: str) -> Topic:
        topic, name = Topic(self.addCleanup), new_name()
        ran = subscription.deploy(name, f"TopicArn={topic.arn}", *parameters)
        self.addCleanup(boto3.client("cloudformation").delete_stack, StackName=name)
        self.assertEqual(ran.returncode, 0, ran.stdout)
        return topic

    def subscribe_webhook(self, *parameters: str) -> Webhook:
        webhook = Webhook(self.addCleanup)
        # Only the emulator calls an address without TLS.
        parameters = (f"WebhookUrl={webhook.url}/pgfold", *parameters)
        subscription.call_webhook(new_name(), self.addCleanup, *parameters)
        return webhook

    def assert_event(self, event: dict) -> None:
        self.assertEqual((event["source"], event["detail-type"]), ("pgfold", "Job ended"))
        SCHEMA.validate(event["detail"])

    def test_a_webhook_receives_every_ending_with_its_secret(self):
        webhook = self.subscribe_webhook(
            "WebhookSecretHeader=X-Secret", "WebhookSecret=Bearer the token"
        )
        jobs = {"completed": submit(COMPLETES), "failed": submit(FAILS), "cancelled": cancelled()}
        wanted = {(task_id, state) for state, task_id in jobs.items()}
        events = wait_for(webhook, lambda came: wanted <= endings(came))
        for path, headers in webhook.envelopes:
            self.assertEqual((path, headers["X-Secret"]), ("/pgfold", "Bearer the token"))
        details = {}
        for event in events:
            self.assert_event(event)
            details[event["detail"]["task_id"]] = event["detail"]
        for state, task_id in jobs.items():
            detail = details[task_id]
            self.assertEqual(detail["event_id"], f"{task_id}:{state}")
            self.assertEqual((detail["deployment"], detail["job"]["state"]), ("pgfold", state))
        completed = jobs["completed"]
        answer = ask("GET", f"/tasks/{completed}")["answer"]
        self.assertEqual(details[completed]["answer"], answer)
        self.assertIn("division by zero", details[jobs["failed"]]["job"]["error"])

    def test_a_topic_receives_the_endings_that_it_is_subscribed_to(self):
        everything = self.subscribe_webhook("WebhookSecret=s")
        topic = self.subscribe_topic("States=failed,cancelled")
        completed = submit(COMPLETES)
        wait_for(everything, lambda came: (completed, "completed") in endings(came))
        wanted = {(submit(FAILS), "failed"), (cancelled(), "cancelled")}
        events = wait_for(topic, lambda came: wanted <= endings(came))
        for event in events:
            self.assert_event(event)
        self.assertNotIn(completed, {task_id for task_id, _ in endings(events)})

    def test_a_sentence_is_sent_in_place_of_the_event(self):
        webhook = self.subscribe_webhook("WebhookSecret=s", "Format=text")
        topic = self.subscribe_topic("Format=text")
        task_id = submit(COMPLETES)
        sentence = f"Job {task_id} of pgfold: completed"
        wait_for(webhook, lambda came: {"text": sentence} in came)
        wait_for(topic, lambda came: sentence in came)

    def test_what_does_not_go_together_is_refused_with_a_sentence(self):
        topic = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:any"}
        webhook = {"WebhookUrl": "https://example.com", "WebhookSecret": "s"}
        for parameters, sentence in [
            ({}, "A subscription needs TopicArn or WebhookUrl"),
            (topic | webhook, "A subscription has TopicArn or WebhookUrl, not both"),
            (webhook | {"WebhookSecret": ""}, "WebhookUrl needs WebhookSecret"),
            (topic | {"States": "failed,done"}, "'States' must match pattern"),
        ]:
            with self.subTest(sentence), self.assertRaisesRegex(ClientError, sentence):
                subscription.create(new_name(), parameters)


class Page(unittest.TestCase):
    def test_the_event_of_the_page_is_as_its_schema(self):
        [shown] = map(json.loads, JSON.findall((DOCS / "events.md").read_text()))
        self.assertEqual((shown["source"], shown["detail-type"]), ("pgfold", "Job ended"))
        SCHEMA.validate(shown["detail"])


if __name__ == "__main__":
    unittest.main()
