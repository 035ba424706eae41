"""`make compose-test` and `make sam-test`: what needs a Docker engine, on one.

It takes the engine that runs, or starts one that ends with the tests.
"""

import argparse
import signal
import sys
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "setup" / "local_cloud"))

import engine
import images
from steps import Failure

# What runs, and the images that it needs.
SUITES = {"compose": images.of_compose, "sam": images.of_sam}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/containers", description="Test in containers.")
    parser.add_argument("suite", choices=SUITES)
    parser.add_argument("tests", nargs="*", metavar="TEST", help="as unittest has it; all")
    options = parser.parse_args()
    module = f"{options.suite}_test"
    with engine.running():
        images.provide(SUITES[options.suite]())
        names = [f"{module}.{test}" for test in options.tests] or [module]
        tests = unittest.defaultTestLoader.loadTestsFromNames(names)
        try:
            result = unittest.TextTestRunner(verbosity=2).run(tests)
        finally:
            unittest.doModuleCleanups()  # which an interrupt leaves undone
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    # So that a plain `kill` stops the engine too; unittest takes another exception for an error.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except Failure as failure:
        sys.exit(f"\n{failure.report()}")
    except KeyboardInterrupt:
        sys.exit("\ninterrupted")
