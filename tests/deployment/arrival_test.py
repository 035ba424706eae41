"""Catalogues and what cannot start, through the real `sam deploy` to an emulator of their own.

PostgreSQL and Valkey are those of the stack that `make test` has up.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import deployed_functions
import emulator
import environment
import postgres
import smoke_job
import template_functions
import template_parameters
import tools
from build import BUILD, architecture
from hostile import CATALOGUE, COLUMNS, SCHEMA, SPELLINGS, TABLE, quoted
from loopback import http
from paths import CHECKOUT
from process import Server

TABLE_SQL = f"""
    DROP SCHEMA IF EXISTS {quoted(SCHEMA)} CASCADE;
    CREATE SCHEMA {quoted(SCHEMA)};
    CREATE TABLE {quoted(SCHEMA)}.{quoted(TABLE)} (
        "the key" BIGINT PRIMARY KEY, {", ".join(f"{quoted(name)} FLOAT" for name in COLUMNS)});
    INSERT INTO {quoted(SCHEMA)}.{quoted(TABLE)}
        SELECT g, 0, 0, 3 * g, 4 * g FROM generate_series(1, 1000) g;
    ANALYZE {quoted(SCHEMA)}.{quoted(TABLE)}
"""

# Whichever of them deploys, its functions answer this to it.
REFUSALS = {
    '{"points": {"table": "points"}}': 'environment variable SOURCES has a source "points" ',
    "{}": "environment variable SOURCES has no source",
}
NOT_JSON = '{""Geo Data".trips": 1}'


class LocalApi:
    """An API that takes requests as they are."""

    def __init__(self, url: str):
        self.url = url

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"} if data else {}
        request = urllib.request.Request(f"{self.url}{path}", data, headers, method=method)
        try:
            with http.open(request, timeout=60) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


class Arrival(unittest.TestCase):
    """Of parameters at the functions, by each way of deployment."""

    def setUp(self):
        self.stack = Path(os.environ["STACK_STATE"])
        self.scratch = Path(self.enterContext(tempfile.TemporaryDirectory()))
        log = self.stack / "log" / "deployment-emulator.log"
        server = Server(record=self.stack / "run" / "deployment-emulator", log=log)
        self.addCleanup(server.stop)
        port_record = self.scratch / "port" / "emulator"
        self.endpoint = emulator.up(server, port_record, self.scratch / "scratch")

    def test_a_catalogue_arrives_at_a_local_deployment_and_is_read(self):
        self.make_table()
        text = SPELLINGS["on lines"]
        self.deployed_locally(f"'Sources={text}'")
        self.assert_arrived("pgfold", text)
        state = environment.read(self.scratch / "state" / "env")
        self.assert_read(state["API_URL"])
        smoke = smoke_job.run(LocalApi(state["API_URL"]), smoke_job.DEFAULT)
        self.assertIn(": completed, 1 chunks, 999 rows", smoke)

    def test_a_catalogue_arrives_at_a_deployment_as_to_aws_and_is_planned(self):
        self.make_table()
        self.assertIn("every function starts", self.deployed_as_to_aws(SPELLINGS["as it is"]))
        self.assert_arrived("pgfold-dev", SPELLINGS["as it is"])
        # The emulator takes no messages until finish_deployment.py has been there.
        dry_run = f"{self.api_of('pgfold-dev')}/compute_min_distance?dry_run=true"
        with http.open(urllib.request.Request(dry_run, method="POST"), timeout=60) as response:
            self.assertEqual(len(json.load(response)["chunks"]), 4)

    def test_a_password_arrives(self):
        password = "a b!$#'%40%22%5C{{résolve"
        url = os.environ["DATABASE_URL"].replace("//pgfold:pgfold@", f"//pgfold:{password}@")
        self.deployed_locally("", DATABASE_URL=url)
        for variables in self.variables("pgfold", "DATABASE_URL"):
            self.assertEqual(variables["DATABASE_URL"], url)

    def test_functions_that_cannot_start_fail_a_local_deployment_with_their_sentence(self):
        for sources, sentence in REFUSALS.items():
            with self.subTest(sources):
                said = self.deployed_locally(f"'Sources={sources}'", fails=True)
                for function in ("SubmitFunction", "MapperFunction"):
                    self.assertIn(f"{function} does not start: {sentence}", said)
                self.assertNotIn("ResultFunction does not start", said)
        # What failed is not taken as deployed by the next, and what is right is deployed again.
        again = self.deployed_locally(f"'Sources={sources}'", fails=True)
        self.assertIn(sentence, again)
        self.deployed_locally("")

    def test_functions_that_cannot_start_fail_a_deployment_as_to_aws_with_their_sentence(self):
        [sources, *_], [sentence, *_] = REFUSALS.keys(), REFUSALS.values()
        said = self.deployed_as_to_aws(sources, fails=True)
        self.assertIn(f"SubmitFunction does not start: {sentence}", said)
        self.assertIn("the stack stays as it is", said)

    def test_what_is_not_json_is_refused_before_sam_runs(self):
        for said in (
            self.deployed_locally(f"'Sources={NOT_JSON}'", fails=True),
            self.deployed_as_to_aws(NOT_JSON, fails=True),
        ):
            self.assertIn("Sources is not JSON", said)
            self.assertNotIn("changeset", said.lower())
        self.assertEqual(deployed_functions.functions(self.endpoint), {})

    def test_a_deployment_says_which_parameters_it_resets(self):
        self.deployed_locally("MaxAttempts=4 JobTtl=7200")
        said = self.deployed_locally("JobTtl=7200")
        self.assertIn("because they are not given: MaxAttempts", said)
        self.assertNotIn("because they are not given", self.deployed_locally("JobTtl=7200"))

    def make_table(self) -> None:
        postgres.psql(os.environ["DATABASE_URL"], "--command", TABLE_SQL)

    def deployed_locally(self, parameters: str, fails: bool = False, **variables: str) -> str:
        """What the local cloud says when it deploys to servers that run already."""
        names = ("DATABASE_URL", "VALKEY_URL")
        servers = {name: os.environ[name] for name in names} | variables
        servers["AWS_ENDPOINT_URL"] = self.endpoint
        argv = [sys.executable, "setup/local_cloud", "deploy", "--state", self.scratch / "state"]
        return self.run_program([*argv, "--parameters", parameters], servers, fails)

    def deployed_as_to_aws(self, sources: str, fails: bool = False) -> str:
        """What infra/deploy.py says, with the emulator in AWS's place."""
        parameters = f"'Sources={sources}' Stage=local ApiAuth=none ConnectionBudget=1000 "
        parameters += f"SubmitConcurrency=0 Architecture={architecture()}"
        argv = [tools.SAM / "bin" / "python", "infra/deploy.py", "--config-env", "dev"]
        argv += ["--template", BUILD / "template.yaml", "--parameters", parameters]
        variables = environment.for_local_programs(environment.aws_client(self.endpoint))
        variables["DATABASE_URL"] = os.environ["DATABASE_URL"]
        return self.run_program(argv, variables, fails)

    def run_program(self, argv: list, variables: Mapping[str, str], fails: bool) -> str:
        ran = subprocess.run(
            argv,
            cwd=CHECKOUT,
            env=os.environ | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.assertEqual(ran.returncode != 0, fails, ran.stdout)
        return ran.stdout

    def variables(self, stack: str, variable: str) -> list[Mapping[str, str]]:
        """Those of each function that has one of that name; none of the template's is left out."""
        with http.open(f"{self.endpoint}/2015-03-31/functions/?MaxItems=100") as response:
            functions = json.load(response)["Functions"]
        found = [
            function["Environment"]["Variables"]
            for function in functions
            if function["FunctionName"].startswith(f"{stack}-")
        ]
        having = [variables for variables in found if variable in variables]
        of_template = [one for one in template_functions.functions() if variable in one.variables]
        self.assertEqual(len(having), len(of_template))
        return having

    def assert_arrived(self, stack: str, text: str) -> None:
        expected = template_parameters.as_deployed({"Sources": text})["Sources"]
        self.assertEqual(json.loads(expected), CATALOGUE)
        for variables in self.variables(stack, "SOURCES"):
            self.assertEqual(variables["SOURCES"].encode(), expected.encode())

    def assert_read(self, api: str) -> None:
        """A job over the first source reads its table, by its names and with its condition."""
        post = urllib.request.Request(f"{api}/compute_min_distance", method="POST")
        with http.open(post, timeout=60) as response:
            task_id = json.load(response)["task_id"]
        get = urllib.request.Request(
            f"{api}/get_min_distance/{task_id}", headers={"Prefer": "wait=20"}
        )
        with http.open(get, timeout=60) as response:
            result = json.load(response)
        self.assertEqual((result["rows"], result["distance"]), (999, 5.0))

    def api_of(self, stack: str) -> str:
        """The API of a stack at the emulator, by path as the local cloud has it."""
        with http.open(f"{self.endpoint}/v2/apis") as response:
            apis = json.load(response)["items"]
        [api] = [one for one in apis if one.get("name", one.get("Name")) == stack]
        return f"{self.endpoint}/_aws/execute-api/{api.get('apiId', api.get('ApiId'))}"


if __name__ == "__main__":
    unittest.main()
