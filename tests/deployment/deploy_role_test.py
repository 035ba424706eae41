"""What setup/check_deploy_role.py finds. It reads cfn-lint's schemas, which SAM's Python has."""

import unittest

import check_deploy_role
import cloudformation_calls


class DeployRole(unittest.TestCase):
    """The template and the roles as they are, then with one thing different."""

    def setUp(self):
        self.template = check_deploy_role.read("template.yaml")["Resources"]
        self.stack = check_deploy_role.read("infra/github-oidc.yaml")["Resources"]

    def problems(self) -> list[str]:
        return check_deploy_role.problems(self.template, self.stack)

    def take_away(self, call: str) -> None:
        statements = check_deploy_role.statements_of(self.stack["CloudFormationRole"])
        having = [one for one in statements if call in one["Action"] and one["Effect"] == "Allow"]
        self.assertTrue(having, call)
        for statement in having:
            statement["Action"] = [one for one in statement["Action"] if one != call]

    def test_the_roles_fit_the_template(self):
        self.assertEqual(self.problems(), [])

    def test_a_call_that_the_role_lacks_is_named(self):
        for call in ("lambda:GetFunctionScalingConfig", "codedeploy:ListDeployments"):
            self.take_away(call)
            self.assertTrue(any(call in one for one in self.problems()), call)

    def test_a_property_asks_for_its_calls(self):
        table = self.template["JobsTable"]["Properties"]
        table["ResourcePolicy"] = {}
        [put, delete] = sorted(self.problems(), reverse=True)
        self.assertIn("may not dynamodb:PutResourcePolicy table/a-stack-JobsTable-x", put)
        self.assertIn("may not dynamodb:DeleteResourcePolicy", delete)

    def test_a_type_that_is_not_known_ends_the_check(self):
        self.template["Topic"] = {"Type": "AWS::SNS::Topic", "Properties": {}}
        with self.assertRaises(SystemExit) as caught:
            self.problems()
        self.assertIn("AWS::SNS::Topic", str(caught.exception))

    def test_what_a_handler_may_call_for_a_missing_property_is_not_needed(self):
        calls = cloudformation_calls.calls_for("AWS::Lambda::Version", {})
        self.assertIn("lambda:GetFunctionScalingConfig", calls)
        self.assertNotIn("lambda:PutProvisionedConcurrencyConfig", calls)


if __name__ == "__main__":
    unittest.main()
