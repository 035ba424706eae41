"""`python tests/browser [-k PATTERN]`: the page at /dashboard in a real browser, on a real stack.

From the environment:

- `API_URL`: the API of the stack, with a table that a job takes a moment for;
- `DASHBOARD_URL`: the page, `API_URL/dashboard` unless told;
- `FAILED_TASK_ID`: a job that has failed, for the page to say why; or
- `FAILING_SOURCE`: a source whose jobs fail, of which the test then starts one and waits;
- `PSQL` and `DATABASE_URL`, if `DISPOSABLE_DATABASE` is set: how the test of a retry takes the
  stack's table away and brings it back, skipped where it may not;
- `CHROMIUM`: the browser;
- `SCREENSHOTS`: where pictures of the page go, `.local/screenshots` unless told.

Needs what setup/requirements/browser.txt lists; `python3 setup/local_cloud test-browser` installs
it, and a browser unless there is one.

Tests of real jobs run one after the other, because they share the stack. Beside them, in another
process with another browser, run those whose jobs are made up.
"""

import subprocess
import sys
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from jobs_case import JobsCase
from settings import Missing, Settings

HERE = Path(__file__).parent
# The first argument of the process beside this one.
MADE_UP = "--made-up"


def main(argv: list[str]) -> int:
    try:
        Settings.from_environment()
    except Missing as missing:
        print(f"FAILED: {missing}", file=sys.stderr)
        return 1
    if argv[1:2] == [MADE_UP]:
        return run(argv[2:], of_real_jobs=False)
    with tempfile.TemporaryFile("w+") as said:
        beside = subprocess.Popen(
            [sys.executable, HERE, MADE_UP, *argv[1:]], stdout=said, stderr=said
        )
        try:
            failed = run(argv[1:], of_real_jobs=True)
            failed_beside = beside.wait()
        finally:
            beside.kill()
        said.seek(0)
        print(said.read(), end="", file=sys.stderr)
        return failed or failed_beside


def run(options: list[str], *, of_real_jobs: bool) -> int:
    """Run the tests of one kind with options of unittest."""

    class Loader(unittest.TestLoader):
        def discover(self, *where):
            of_kind = filter(
                lambda case: isinstance(case, JobsCase) == of_real_jobs,
                cases(super().discover(*where)),
            )
            return self.suiteClass(of_kind)

    discover = ["discover", "--start-directory", str(HERE), "--pattern", "*_test.py", "--verbose"]
    argv = [sys.argv[0], *discover, *options]
    program = unittest.main(module=None, argv=argv, exit=False, testLoader=Loader())
    return 0 if program.result.wasSuccessful() else 1


def cases(tests: unittest.TestSuite) -> Iterator[unittest.TestCase]:
    for test in tests:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


if __name__ == "__main__":
    sys.exit(main(sys.argv))
