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
"""

import sys
import unittest
from pathlib import Path

from settings import Missing, Settings


def main(argv: list[str]) -> int:
    try:
        Settings.from_environment()
    except Missing as missing:
        print(f"FAILED: {missing}", file=sys.stderr)
        return 1
    here = str(Path(__file__).parent)
    discover = ["discover", "--start-directory", here, "--pattern", "*_test.py", "--verbose"]
    program = unittest.main(module=None, argv=[argv[0], *discover, *argv[1:]], exit=False)
    return 0 if program.result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
