"""What SAM makes of template.yaml for a gradual deployment. SAM's Python runs this."""

import logging
import unittest
from unittest import mock

from samcli.yamlhelper import yaml_parse
from samtranslator.translator.managed_policy_translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from deploy import known_parameters
from paths import TEMPLATE

DEFAULTS = {name: default or "" for name, default in known_parameters().items()}
RELEASE = "6333165059"
NEXT_RELEASE = "6333165100"


def transformed(**parameters: str) -> dict:
    """The resources that CloudFormation gets."""
    template = yaml_parse(TEMPLATE.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/zip"
    loader = mock.create_autospec(ManagedPolicyLoader)
    with mock.patch.dict("os.environ", AWS_DEFAULT_REGION="eu-west-1"):
        made = transform(template, DEFAULTS | parameters, loader)
    return made["Resources"]


class Transform(unittest.TestCase):
    """With each Rollout the API calls the alias, and a Release publishes what it leads to."""

    @classmethod
    def setUpClass(cls):
        # It warns of metrics of its own that nobody publishes.
        logging.disable(logging.WARNING)
        cls.addClassCleanup(logging.disable, logging.NOTSET)
        rollouts = yaml_parse(TEMPLATE.read_text())["Parameters"]["Rollout"]["AllowedValues"]
        cls.made = {one: transformed(Rollout=one, Release=RELEASE) for one in rollouts}

    def test_what_leads_to_functions_is_the_same_for_each_rollout(self):
        for kind in ("Integration", "Permission"):
            led = [
                {
                    name: (resource["Properties"], resource.get("DependsOn"))
                    for name, resource in made.items()
                    if resource["Type"].endswith(f"::{kind}")
                }
                for made in self.made.values()
            ]
            self.assertEqual(len(led[0]), 3)
            self.assertTrue(all(one == led[0] for one in led), kind)

    def test_an_alias_moves_gradually_only_where_the_rollout_says_so(self):
        for rollout, made in self.made.items():
            for name in ("Submit", "Result", "Jobs"):
                alias = made[f"{name}FunctionAliaslive"]
                self.assertEqual(alias["Properties"]["Name"], "live")
                gradual = "CodeDeployLambdaAliasUpdate" in alias.get("UpdatePolicy", {})
                self.assertEqual(gradual, rollout != "AtOnce", f"{rollout} {name}")

    def test_a_release_publishes_a_version_of_each_function_of_the_api(self):
        def versions(resources: dict) -> set[str]:
            return {
                name for name, one in resources.items() if one["Type"] == "AWS::Lambda::Version"
            }

        first = versions(self.made["AtOnce"])
        self.assertEqual(len(first), 3)
        self.assertEqual(first & versions(transformed(Release=NEXT_RELEASE)), set())


if __name__ == "__main__":
    unittest.main()
