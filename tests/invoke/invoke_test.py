"""The built functions answer events of Lambda's own shapes, and do whole jobs by them."""

import json
import unittest
import uuid
from contextlib import ExitStack

import lambda_events
import main_job
import postgres
from environments import Environments

# What the tests share: an environment of each function, which starts once.
running = ExitStack()
environments: Environments


def setUpModule() -> None:
    global environments
    environments = Environments.start(running)


def tearDownModule() -> None:
    running.close()


class Samples(unittest.TestCase):
    """Every event of tests/events is answered as answers.json has it."""

    def test_every_sample_is_answered(self):
        expected = lambda_events.answers()
        self.assertEqual(lambda_events.names(), sorted(expected))
        for name, answer in expected.items():
            with self.subTest(name):
                event = lambda_events.sample(name)
                got = environments.invoke(name.partition("/")[0], event)
                if "comes_back" in answer:
                    self.assert_messages(event["Records"], got, answer["comes_back"])
                elif "returns" in answer:
                    self.assertIn(answer["returns"], json.dumps(got, separators=(",", ":")))
                else:
                    self.assertEqual(got["statusCode"], answer["status"], got)
                    self.assertIn(answer["says"], got["body"])

    def assert_messages(self, records: list[dict], got: dict, come_back: bool) -> None:
        for record in records:
            self.assertEqual(record["md5OfBody"], lambda_events.md5(record["body"]))
        ids = [record["messageId"] for record in records] if come_back else []
        self.assertEqual(got, {"batchItemFailures": [{"itemIdentifier": one} for one in ids]})


class Jobs(unittest.TestCase):
    """The functions hand one job on to each other."""

    def setUp(self):
        environments.queue.purge()

    def test_a_job_is_answered_when_its_last_chunk_is_in(self):
        task_id, messages = self.submit("submit/demo")
        self.assertEqual(len(messages), 4)
        self.assert_pending(task_id, "0/4")
        for message in messages[:3]:
            self.map("mapper/chunk", message)
        self.assert_pending(task_id, "3/4")
        self.map("mapper/redelivered_chunk", messages[0])
        self.assert_pending(task_id, "3/4")
        self.map("mapper/chunk", messages[3])

        result = self.request("result/wait", task_id)
        smallest = postgres.query(environments.database_url, main_job.SQL)
        self.assertEqual(float(result["result"]), float(smallest))
        self.assertEqual(result["rows"], 1_000_000)
        discarded = [chunk["duplicates_discarded"] for chunk in result["chunks"]]
        first = json.loads(messages[0])["chunk"]
        self.assertEqual(discarded, [int(index == first) for index in range(4)])
        answer = environments.invoke("announcer", lambda_events.ended(messages[0]))
        self.assertEqual(answer, {"batchItemFailures": []})
        told = self.request("jobs/tell", task_id)
        self.assertEqual((told["state"], told["announced"]["state"]), ("completed", "completed"))
        self.assertEqual(told["answer"]["distance"], result["distance"])

    def test_a_job_fails_by_its_dead_letters_and_completes_when_it_is_retried(self):
        task_id, messages = self.submit("submit/task")
        self.map("mapper/chunk", messages[0])
        self.deliver("dead_letter", "dead_letter/dead_letter", messages[1])
        told = self.request("jobs/tell", task_id)
        self.assertEqual(told["state"], "failed")
        lost = json.loads(messages[1])["chunk"]
        self.assertEqual([failed["chunk"] for failed in told["failed_chunks"]], [lost])

        self.assertEqual(self.request("jobs/retry", task_id)["chunks"], 1)
        [again] = environments.queue.receive(1)
        self.assertEqual(json.loads(again)["chunk"], lost)
        self.map("mapper/chunk", again)
        told = self.request("jobs/tell", task_id)
        self.assertEqual((told["state"], told["rows"]), ("completed", 1_000_000))

    def test_a_job_of_a_key_is_submitted_once_and_nothing_more_when_it_is_cancelled(self):
        key = str(uuid.uuid4())
        task_id, messages = self.submit("submit/idempotent", key)
        again = environments.invoke("submit", with_key("submit/idempotent", key))
        self.assertEqual(json.loads(again["body"])["task_id"], task_id)
        self.assertTrue(environments.queue.is_empty())

        self.assertEqual(self.request("jobs/cancel", task_id)["status"], "task cancelled")
        self.map("mapper/chunk", messages[0])
        told = self.request("result/result", task_id, status=410)
        self.assertEqual(told["error"], "the task was cancelled")

    def submit(self, sample: str, key: str | None = None) -> tuple[str, list[str]]:
        """Submit a job; its id and the bodies of its messages."""
        answer = environments.invoke("submit", with_key(sample, key))
        self.assertEqual(answer["statusCode"], 200, answer)
        submitted = json.loads(answer["body"])
        return submitted["task_id"], environments.queue.receive(submitted["chunks"])

    def map(self, sample: str, body: str) -> None:
        self.deliver("mapper", sample, body)

    def deliver(self, function: str, sample: str, body: str) -> None:
        """Hand a message to a function, which takes it."""
        answer = environments.invoke(function, lambda_events.delivery(sample, body))
        self.assertEqual(answer, {"batchItemFailures": []})

    def request(self, sample: str, task_id: str, *, status: int = 200) -> dict:
        """What a function says of a job."""
        event = lambda_events.about(sample, task_id)
        answer = environments.invoke(sample.partition("/")[0], event)
        self.assertEqual(answer["statusCode"], status, answer)
        return json.loads(answer["body"])

    def assert_pending(self, task_id: str, done: str) -> None:
        answer = environments.invoke("result", lambda_events.result(task_id))
        self.assertEqual((answer["statusCode"], answer["body"]), (204, ""))
        self.assertEqual(answer["headers"]["x-chunks-done"], done)


def with_key(sample: str, key: str | None) -> dict:
    """A request, of this key if there is one."""
    event = lambda_events.sample(sample)
    if key:
        event["headers"]["idempotency-key"] = key
    return event


if __name__ == "__main__":
    unittest.main()
