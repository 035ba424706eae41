"""The pages show what pgfold prints: their commands are run on the test stack.

What differs each time (ids, times, costs) is left out of the comparison; everything else is not.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import build
from pages_stack import PagesStack
from paths import CHECKOUT
from sample import TASK, Sample, blocks_of

# Pages whose commands are for the local cloud and its million points. What the command is, and not
# what it prints, decides whether it is run: those of make and cargo take minutes.
PAGES = ["README.md", *(f"docs/{page}.md" for page in (
    "api", "cli", "consistency", "kernels", "local-cloud", "queries", "schedules", "sources",
    "your-own-fold",
))]  # fmt: skip
RUN = ("pgfold ", "curl ", "echo ", "make sources ")
JSON = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# For how long a job may be pending.
SECONDS = 20
# What writes files where it is called.
WRITES = re.compile(r"^pgfold (run .*--output|fetch) ")
MAKE_SOURCES = f"{sys.executable} {CHECKOUT / 'setup' / 'local_cloud'} sources"
# Commands that the local cloud cannot run, and why.
ELSEWHERE = {
    "pgfold list --auth none": "shows what an API on AWS answers",
    "pgfold list": "asks an API on AWS",
    "pgfold proxy": "runs until it is stopped",
    "pgfold run --kernel summary --column amount": "reads the only source of a catalogue",
}
# Commands over the sources of the pages, for which the test stack has other ones.
OF_THE_PAGES = re.compile(r"\b(trips|orders)\b|^pgfold (sources|doctor)$|/sources$")


class Documented(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        pages = PagesStack()
        cls.addClassCleanup(pages.remove)
        cls.pages = pages.up()
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def setUp(self):
        # Ids of the page's jobs, and those of the jobs that were started instead.
        self.jobs: dict[str, str] = {}
        self.latest = ""
        self.status = 0

    def check(self, sample: Sample) -> None:
        """Run the command until it prints what is shown: a job takes its moment."""
        deadline = time.monotonic() + SECONDS
        while True:
            printed = self.run_sample(sample)
            if sample.is_shown_by(printed):
                return
            if time.monotonic() > deadline:
                self.fail(f"{sample.output}\nis shown, and this is printed:\n{printed}")
            time.sleep(0.5)

    def run_sample(self, sample: Sample) -> str:
        """What the command prints, with the jobs of this run in place of the page's."""
        command = TASK.sub(lambda shown: self.jobs.get(shown[0], self.latest), sample.command)
        variables = {
            "PATH": f"{build.client().parent}{os.pathsep}{os.environ['PATH']}",
            "STATUS": str(self.status),
        }
        stack = self.pages if OF_THE_PAGES.search(command) else os.environ
        command = command.replace("http://127.0.0.1:8080", stack["API_URL"])
        command = command.replace("make sources TABLES=", f"{MAKE_SOURCES} --force --tables=")
        ran = subprocess.run(
            ["bash", "-c", command.replace("curl ", "curl --silent ").replace("$?", "$STATUS")],
            cwd=self.folder_of(command),
            env={**os.environ, **stack, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.status = ran.returncode
        real, shown = TASK.findall(ran.stdout), TASK.findall(sample.output)
        if real:
            self.latest = real[0]
        if real and shown:
            self.jobs.setdefault(shown[0], real[0])
        return ran.stdout

    def folder_of(self, command: str) -> Path | str:
        """Where to run a command: what it writes is no part of the checkout."""
        if MAKE_SOURCES in command:
            return self.folder
        # Another one for each time, because files of before may be in the way.
        return tempfile.mkdtemp(dir=self.folder) if WRITES.search(command) else CHECKOUT

    def test_commands_print_what_the_pages_show(self):
        run = 0
        for page in map(CHECKOUT.joinpath, PAGES):
            for block in blocks_of(page):
                if block and block[0].command == "make run":
                    continue  # the other test's
                self.status = 0
                for sample in block:
                    if not sample.command.startswith(RUN) or sample.command in ELSEWHERE:
                        continue
                    with self.subTest(page=page.name, command=sample.command):
                        self.check(sample)
                        run += 1
        self.assertGreater(run, 20, "the pages have fewer commands than they had")

    def test_the_readme_shows_the_file_that_make_sources_writes(self):
        self.run_sample(Sample(CHECKOUT / "README.md", "make sources TABLES=orders", ""))
        readme = (CHECKOUT / "README.md").read_text()
        [shown] = [json.loads(block) for block in JSON.findall(readme)]
        self.assertEqual(shown, json.loads((self.folder / "sources.json").read_text()))

    def test_make_run_prints_what_the_pages_show(self):
        program = "import main_job, os, sys; sys.exit(main_job.run(os.environ, *sys.argv[1:]))"
        addresses = [os.environ["API_URL"], os.environ["DASHBOARD_URL"]]
        ran = subprocess.run(
            [sys.executable, "-c", program, *addresses],
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for name in ("README.md", "docs/local-cloud.md"):
            page = CHECKOUT / name
            block = next(b for b in blocks_of(page) if b and b[0].command == "make run")
            shown = next(sample for sample in block if sample.command == "pgfold run")
            whole = Sample(page, shown.command, f"$ pgfold run\n{shown.output}")
            # After it comes what can be done next, which one of the pages leaves out.
            self.assertTrue(whole.is_shown_by(ran.stdout, to_the_end=False), ran.stdout)


class Masks(unittest.TestCase):
    def sample(self, output: str) -> Sample:
        return Sample(Path("page.md"), "pgfold run", output)

    def test_what_does_not_vary_is_compared(self):
        shown = self.sample('{"rows":1000000,"elapsed_ms":430,"answer":{"min":1.5}}\n')
        for printed, same in (
            ('{"rows":1000000,"elapsed_ms":7,"answer":{"min":1.5}}', True),
            ('{"rows":1000001,"elapsed_ms":7,"answer":{"min":1.5}}', False),
            ('{"rows":1000000,"elapsed_ms":7,"answer":{"min":1.6}}', False),
            ('{"rows":1000000,"took":7,"answer":{"min":1.5}}', False),
            ('{"rows":1000000,"elapsed_ms":7,"answer":{"min":1.5}}\nmore', False),
        ):
            self.assertIs(shown.is_shown_by(printed), same, printed)

    def test_an_ellipsis_stands_for_anything(self):
        shown = self.sample("distance   1\n…\ncost       $0.1\n")
        self.assertTrue(shown.is_shown_by("distance   1\nrows 2\nspeed      3\ncost       $9"))
        self.assertFalse(shown.is_shown_by("distance   2\nrows 2\ncost       $9"))


if __name__ == "__main__":
    unittest.main()
