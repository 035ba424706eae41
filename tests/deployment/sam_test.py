"""What SAM itself makes of the parameters that it is given. Its own Python runs this."""

import importlib.util
import json
import tempfile
import tomllib
import unittest
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

from samcli.cli.types import CfnParameterOverridesType

import template_functions
import template_parameters
from build import functions_of_template
from deploy import known_parameters
from hostile import CATALOGUE, SPELLINGS, VALUES
from paths import CHECKOUT
from steps import Failure

DEFAULTS = {name: default or "" for name, default in known_parameters().items()}


def through_sam(parameters: dict[str, str]) -> dict[str, str]:
    with tempfile.NamedTemporaryFile(suffix=".yaml") as file:
        template_parameters.write_overrides(Path(file.name), parameters)
        return CfnParameterOverridesType().convert((f"file://{file.name}",), None, None)


def toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def module_of_infra():
    spec = importlib.util.spec_from_file_location("infra", CHECKOUT / "infra" / "deploy.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ThroughSam(unittest.TestCase):
    """Values arrive as they were written."""

    def test_any_value_arrives_byte_for_byte(self):
        for value in VALUES:
            with self.subTest(value=value[:40]):
                deployed = template_parameters.as_deployed({"DatabaseUrl": value})
                self.assertEqual(deployed, {"DatabaseUrl": value})
                self.assertEqual(through_sam(deployed), {"DatabaseUrl": value})

    def test_a_catalogue_arrives_with_its_names_and_in_its_order(self):
        for how, text in SPELLINGS.items():
            with self.subTest(how):
                deployed = template_parameters.as_deployed({"Sources": text})
                arrived = through_sam(deployed)["Sources"]
                self.assertEqual(arrived, deployed["Sources"])
                self.assertEqual(json.loads(arrived), CATALOGUE)
                self.assertEqual(list(json.loads(arrived)), list(CATALOGUE))

    def test_a_catalogue_has_nothing_that_anything_on_its_way_reads(self):
        for text in SPELLINGS.values():
            spelled = template_parameters.as_deployed({"Sources": text})["Sources"]
            for read in ('\\"', "\\\\", "{{", "\n", "\t"):
                self.assertNotIn(read, spelled)
            self.assertTrue(spelled.isascii())

    def test_numbers_and_names_given_twice_stay_as_they_are(self):
        text = '{"a": 1.0, "b": 12345678901234567890, "a": [true, null, -0.0]}'
        spelled = template_parameters.as_deployed({"Sources": text})["Sources"]
        self.assertEqual(spelled, text.replace(" ", ""))

    def test_a_catalogue_in_samconfig_arrives_in_each_form_that_sam_takes(self):
        text = SPELLINGS["as it is"]
        words = f"Stage=dev 'Sources={text}' A='two words'"
        of_infra = module_of_infra()
        for form in (
            f"parameter_overrides = {toml(words)}",
            f'parameter_overrides = ["Stage=dev", {toml("Sources=" + text)}, "A=two words"]',
            f'parameter_overrides = {{Stage="dev", Sources={toml(text)}, A="two words"}}',
        ):
            section = mock.Mock(return_value=tomllib.loads(form))
            with self.subTest(form[:40]), mock.patch.object(of_infra, "section", section):
                configured = of_infra.configured("dev")
                self.assertEqual(configured, {"Stage": "dev", "Sources": text, "A": "two words"})

    def test_what_is_no_catalogue_is_refused(self):
        for text, why in {
            '{"a": ': "Sources is not JSON: Expecting value",
            '{""Geo Data".trips": 1}': "Sources is not JSON",
            "points": "Sources is not JSON",
            "[]": "Sources is not a JSON object of sources: []",
            '"points"': "Sources is not a JSON object",
            "\ufeff{}": "Sources is not JSON",
            '{"a": "\udcff"}': "Sources is not UTF-8",
        }.items():
            with self.subTest(text), self.assertRaises(Failure) as caught:
                template_parameters.as_deployed({"Sources": text})
            self.assertIn(why, caught.exception.why)

    def test_what_is_too_long_is_refused_with_the_numbers(self):
        with self.assertRaises(Failure) as caught:
            template_parameters.as_deployed({"DatabaseUrl": "é" * 2049})
        self.assertEqual(
            caught.exception.why,
            "DatabaseUrl has 4,098 bytes as it is deployed; CloudFormation takes 4,096",
        )
        with self.assertRaises(Failure) as caught:
            template_functions.check_environments(DEFAULTS | {"Sources": "a" * 3500})
        self.assertRegex(
            caught.exception.why,
            r"the variables of SubmitFunction have 4,\d\d\d bytes as JSON, SOURCES alone 3,502; "
            "Lambda takes 4,096",
        )
        template_functions.check_environments(DEFAULTS | {"Sources": "a" * 2500})
        self.assertEqual(json.loads(DEFAULTS["Sources"]).keys(), {"points"})

    def test_every_function_is_started_by_an_event_that_changes_nothing(self):
        functions = template_functions.functions()
        names = {function.name for function in functions}
        self.assertEqual(names, set(functions_of_template().values()))
        for function in functions:
            with self.subTest(function.name):
                if function.event == {"Records": []}:
                    continue
                if function.event["requestContext"]["http"]["method"] != "GET":
                    self.assertRaises(json.JSONDecodeError, json.loads, function.event["body"])


class Release(unittest.TestCase):
    """What SAM names published versions by."""

    def test_each_second_has_another_that_the_template_takes(self):
        release = module_of_infra().release
        second = datetime(2026, 11, 29, 16, 50, 59, tzinfo=UTC)
        self.assertEqual(release(second), "6333165059")
        self.assertNotEqual(release(second), release(second + timedelta(seconds=1)))
        for year in range(2026, 2036):
            self.assertRegex(release(second.replace(year=year)), "^[A-Za-z0-9]{10}$")


if __name__ == "__main__":
    unittest.main()
