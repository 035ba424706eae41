"""What infra/deploy.py refuses before it deploys. SAM's Python, which has boto3, runs this."""

import contextlib
import io
import unittest
from unittest import mock

import refusals
from deploy import known_parameters

DEFAULTS = {name: default or "" for name, default in known_parameters().items()}
# Executions of an account, and those that nobody has reserved.
OLD_ACCOUNT = (1000, 1000)
NEW_ACCOUNT = (10, 10)


class Refusals(unittest.TestCase):
    """The sentence for parameters that contradict each other or the account."""

    def check(self, limits=OLD_ACCOUNT, deployed=None, **parameters: str) -> str:
        """What is printed; `SystemExit` if they are refused."""
        printed = io.StringIO()
        account_limits = mock.patch.object(refusals, "account_limits", return_value=limits)
        with account_limits, contextlib.redirect_stdout(printed):
            refusals.check(DEFAULTS | parameters, deployed or {})
        return printed.getvalue()

    def refused(self, **arguments) -> str:
        with self.assertRaises(SystemExit) as caught:
            self.check(**arguments)
        return str(caught.exception)

    def test_the_defaults_are_taken_without_a_word(self):
        self.assertEqual(self.check(), "")

    def test_a_template_without_functions_is_not_checked(self):
        with mock.patch.object(refusals, "account_limits", side_effect=AssertionError):
            refusals.check({"VpcCidr": "10.0.0.0/16"}, {})

    def test_what_is_not_a_number_is_refused(self):
        said = self.refused(MapperTimeout="60s", JobTtl="")
        self.assertIn("JobTtl is '', MapperTimeout is '60s', not a whole number", said)

    def test_a_longer_mapper_alone_is_refused_with_what_to_set(self):
        said = self.refused(MapperTimeout="900")
        self.assertIn("ChunkVisibilityTimeout is 360, less than MapperTimeout, 900", said)
        self.assertIn("set ChunkVisibilityTimeout=5400 too", said)
        self.assertEqual(self.check(MapperTimeout="900", ChunkVisibilityTimeout="5400"), "")

    def test_a_chunk_that_is_hidden_for_less_than_aws_advises_is_said(self):
        said = self.check(MapperTimeout="100")
        self.assertIn("ChunkVisibilityTimeout is 360, less than 6 times MapperTimeout", said)

    def test_a_job_that_expires_before_its_deadline_is_refused(self):
        self.assertIn("JobTtl is 60, less than JobDeadline, 3600", self.refused(JobTtl="60"))
        said = self.refused(JobTtl="86401")
        self.assertIn("ObjectDays is 1, less than JobTtl, 86401 seconds", said)
        self.assertIn("set ObjectDays=2 too", said)
        said = self.refused(JobTtl="604801", ObjectDays="8")
        self.assertIn("ResultDays is 7, less than JobTtl, 604801 seconds", said)
        self.assertIn("set ResultDays=8 too", said)
        self.assertIn("jobs fail while their chunks are read", self.check(JobDeadline="30"))

    def test_a_budget_that_is_exceeded_is_refused(self):
        self.assertIn("ConnectionBudget is 14", self.refused(ConnectionBudget="14"))
        self.assertIn("nothing limits", self.check(SubmitConcurrency="0"))

    def test_a_new_account_is_told_what_it_can_have(self):
        said = self.refused(limits=NEW_ACCOUNT)
        self.assertIn("Lambda runs 10 functions of this account at once", said)
        self.assertIn("SubmitConcurrency=0 MapperConcurrency=5 ReducerConcurrency=2", said)
        smaller = {"SubmitConcurrency": "0", "MapperConcurrency": "5", "ReducerConcurrency": "2"}
        self.assertNotIn("throttled", self.check(limits=NEW_ACCOUNT, **smaller))
        for more in ("MapperConcurrency", "ReducerConcurrency"):
            said = self.check(limits=NEW_ACCOUNT, **smaller | {more: "9"})
            self.assertIn("they will be throttled", said)

    def test_what_the_stack_has_reserved_already_is_its_own(self):
        self.assertIn("would leave 97", self.refused(limits=(102, 102)))
        self.check(limits=(105, 100), deployed={"SubmitConcurrency": "5"})
        said = self.refused(
            limits=(105, 100), deployed={"SubmitConcurrency": "5"}, SubmitConcurrency="6",
            ConnectionBudget="16",
        )  # fmt: skip
        self.assertIn("would leave 99", said)

    def test_an_account_that_does_not_tell_is_not_checked(self):
        self.assertEqual(self.check(limits=None), "")


if __name__ == "__main__":
    unittest.main()
