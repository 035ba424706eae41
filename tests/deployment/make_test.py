"""What make is given, from its command line to a program of Python."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import template_parameters
from hostile import CATALOGUE, SPELLINGS
from paths import CHECKOUT

# In the place of what a recipe runs: says what it was given.
ECHO = "import json, sys; print(json.dumps(sys.argv[1:]))"

TARGETS = {"up": "LOCAL_CLOUD", "run": "LOCAL_CLOUD", "watch": "LOCAL_CLOUD"}
TARGETS |= {"deploy-built": "DEPLOY", "stack": "DEPLOY"}


class Target(unittest.TestCase):
    """What a target hands to the program that it runs."""

    def setUp(self):
        scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.echo = scratch / "echo.py"
        self.echo.write_text(ECHO)

    def words(self, target: str, program: str, *assignments: str, **environment: str) -> list[str]:
        """The arguments of the program that a variable of the Makefile names."""
        argv = ["make", "--no-print-directory", "--silent", target, *assignments]
        argv += [f"{program}={sys.executable} {self.echo}"]
        clean = {name: value for name, value in os.environ.items() if "MAKE" not in name}
        ran = subprocess.run(
            argv,
            cwd=CHECKOUT,
            env=clean | environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return json.loads(ran.stdout)


class Parameters(Target):
    """Whichever target takes them, and whatever is in them."""

    def given(self, target: str, parameters: str, **environment: str) -> dict[str, str]:
        """What the program that a target runs makes of PARAMETERS."""
        assignments = [] if environment else [f"PARAMETERS={parameters}"]
        words = self.words(target, TARGETS[target], *assignments, **environment)
        return template_parameters.split(words[words.index("--parameters") + 1])

    def test_a_catalogue_in_quotes_arrives_at_every_target(self):
        for target in TARGETS:
            for how, text in SPELLINGS.items():
                with self.subTest(target, how=how):
                    given = self.given(target, f"MaxAttempts=4 'Sources={text}' Stage=dev")
                    self.assertEqual(given.keys(), {"MaxAttempts", "Sources", "Stage"})
                    self.assertEqual(json.loads(given["Sources"]), CATALOGUE)

    def test_the_environment_does_as_well_as_the_command_line(self):
        text = SPELLINGS["as it is"]
        given = self.given("up", "", PARAMETERS=f"'Sources={text}'")
        self.assertEqual(json.loads(given["Sources"]), CATALOGUE)

    def test_words_are_those_of_a_shell(self):
        self.assertEqual(
            self.given("up", """A=1 "B=two words" 'C=$(id) $HOME `id`' D='#' E= F=a\\ b"""),
            {
                "A": "1",
                "B": "two words",
                "C": "$(id) $HOME `id`",
                "D": "#",
                "E": "",
                "F": "a b",
            },
        )

    def test_json_that_was_quoted_for_a_shell_is_read_as_the_shell_would(self):
        for text in (
            r"""'Sources={"a": "it'\''s"}'""",
            """'Sources={"a": "it'"'"'s"}'""",
            r'''"Sources={\"a\": \"it's\"}"''',
            """Sources='{"a": "it'"'"'s"}'""",
        ):
            with self.subTest(text):
                self.assertEqual(self.given("up", text), {"Sources": """{"a": "it's"}"""})

    def test_json_needs_no_quotes_of_a_shell(self):
        self.assertEqual(
            self.given("up", """Sources={"a": "it's"} B=2"""),
            {"Sources": """{"a": "it's"}""", "B": "2"},
        )

    def test_what_is_no_assignment_is_refused(self):
        for text in ("Sources", "A=1 b", "A='1"):
            with self.subTest(text), self.assertRaises(ValueError):
                template_parameters.split(text)


class Sources(Target):
    """The file of sources, and what proposes it."""

    def file(self, target: str, *assignments: str, **environment: str) -> str:
        words = self.words(target, "LOCAL_CLOUD", *assignments, **environment)
        return words[words.index("--sources") + 1]

    def test_the_file_arrives_at_every_target_that_takes_it(self):
        for target in ("up", "run", "watch"):
            for name in ("sources.json", "my $(id) 'file'.json"):
                with self.subTest(target, name=name):
                    self.assertEqual(self.file(target, f"SOURCES={name}"), name)

    def test_the_variable_of_the_functions_is_not_taken_for_a_file(self):
        self.assertEqual(self.file("up", SOURCES='{"points": {}}'), "")

    def test_tables_arrive_as_they_are_named(self):
        for assignments, expected in (
            (["TABLES=orders geo.trips"], ["sources", "--tables", "orders geo.trips"]),
            (["FORCE=1"], ["sources", "--tables", "", "--force"]),
        ):
            with self.subTest(assignments):
                self.assertEqual(self.words("sources", "LOCAL_CLOUD", *assignments), expected)


class Shell(Target):
    """What `make test-shell` runs in its stack."""

    def test_a_command_arrives_as_it_was_given(self):
        for text in (
            "cargo test --test backends -- postgres::",
            """echo "$HOME" 'a  b' $(id -u), (a) | cat; true""",
        ):
            with self.subTest(text):
                words = self.words("test-shell", "LOCAL_CLOUD", f"COMMAND={text}")
                self.assertEqual(words[-4:], ["--", "sh", "-c", text])
                self.assertNotIn("--shell", words)

    def test_without_a_command_it_is_a_shell(self):
        words = self.words("test-shell", "LOCAL_CLOUD", SHELL="/bin/dash")
        self.assertEqual(words[-3:], ["--shell", "--", "/bin/dash"])


if __name__ == "__main__":
    unittest.main()
