"""A command inside a stack leaves nothing behind, whatever comes of it."""

import contextlib
import io
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import command_line
from stack import Stack


class WithStack(unittest.TestCase):
    def test_stacks_that_tests_started_within_it_are_stopped_before_it(self):
        state = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()
        stopped = []

        def up(stack: Stack, *_, **__) -> dict[str, str]:
            for run in (stack.state / "run", stack.state / "pages" / "run"):
                run.mkdir(parents=True)
            return {}

        self.enterContext(mock.patch.object(Stack, "up", up))
        self.enterContext(
            mock.patch.object(Stack, "down", lambda stack: stopped.append(stack.state))
        )
        self.enterContext(mock.patch.object(command_line.postgres, "program"))
        said = self.enterContext(contextlib.redirect_stdout(io.StringIO()))
        argv = ["with-stack", "--state", str(state), "--", "sh", "-c", "exit 3"]
        self.assertEqual(command_line.main(argv), 3)
        self.assertEqual(stopped, [state / "pages", state])
        self.assertRegex(said.getvalue(), rf"{state.name} took \d+ s to start, \d+ s to run")


if __name__ == "__main__":
    unittest.main()
