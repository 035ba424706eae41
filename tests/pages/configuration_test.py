"""The page about parameters is what template.yaml declares."""

import textwrap
import unittest
from pathlib import Path

from pages import configuration, template

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "configuration.md"
WRITE = "python3 setup/local_cloud python lint -- setup/write_configuration.py"

SMALL = """
    Metadata:
      AWS::CloudFormation::Interface:
        ParameterGroups:
          - {Label: {default: All}, Parameters: [Url, Size, Auth, Arn, Origins, Key]}
    Parameters:
      Url: {Type: String, NoEcho: true, Description: An address. With Auth=iam it has no password.}
      Size: {Type: Number, Default: 10, MinValue: 2, MaxValue: 2000, Description: How many}
      Auth: {Type: String, Default: iam, AllowedValues: [iam, none], Description: "This | that"}
      Arn: {Type: String, Default: "", AllowedPattern: "^$|^arn:.+$", Description: A name}
      Origins: {Type: CommaDelimitedList, Default: "", Description: Pages}
      Key: {Type: Number, Default: 0, MinValue: 0, Description: A key}
    Rules:
      Named:
        RuleCondition: !Equals [!Ref Auth, iam]
        Assertions:
          - {Assert: !Not [!Equals [!Ref Arn, ""]], AssertDescription: Auth=iam needs Arn.}
    Conditions:
      ByIam: !Equals [!Ref Auth, iam]
      ByName: !And [!Condition ByIam, !Not [!Equals [!Ref Arn, ""]]]
    Globals: {Function: {Environment: {Variables: {AUTH: !Ref Auth}}}}
    Resources:
      DeadLetterFunction:
        Type: AWS::Serverless::Function
        Properties:
          MemorySize: !Ref Size
          Environment: {Variables: {URL: !Sub "https://${Url}", NAME: !If [ByName, a, b]}}
      MapperFunction: {Type: AWS::Serverless::Function, Properties: {}}
      First: {Type: AWS::IAM::ManagedPolicy, Condition: ByName}
      Second: {Type: AWS::IAM::ManagedPolicy, Properties: {Key: !Ref Key}}
      Third: {Type: AWS::SQS::Queue, Properties: {Key: !If [ByIam, !Ref Key, !Ref AWS::NoValue]}}
      Fourth: {Type: AWS::SQS::Queue, Properties: {Key: !Ref Key, Arn: !GetAtt Third.Arn}}
      Fifth: {Type: AWS::Logs::LogGroup, Properties: {Key: !Sub ["${K}-${!K}", {K: !Ref Key}]}}
"""


class Page(unittest.TestCase):
    def test_it_has_the_tables_that_the_template_makes(self):
        there = PAGE.read_text()
        made = configuration.filled(there, (CHECKOUT / "template.yaml").read_text())
        self.assertEqual(there.splitlines(), made.splitlines(), f"write it anew: {WRITE}")

    def test_what_stands_around_the_tables_stays(self):
        page = f"before\n{configuration.BEGIN}\nold\n{configuration.END}\nafter\n"
        made = configuration.filled(page, textwrap.dedent(SMALL))
        self.assertTrue(made.startswith(f"before\n{configuration.BEGIN}\n### All\n"), made)
        self.assertTrue(made.endswith(f"\n{configuration.END}\nafter\n"), made)
        self.assertNotIn("old", made)

    def test_a_page_without_markers_is_refused(self):
        with self.assertRaises(ValueError):
            configuration.filled("nothing\n", textwrap.dedent(SMALL))


class Tables(unittest.TestCase):
    def setUp(self):
        self.declared = template.read(textwrap.dedent(SMALL))
        self.lines = configuration.tables(self.declared).splitlines()

    def cells(self, name: str) -> list[str]:
        line = next(line for line in self.lines if line.startswith(f"| `{name}` |"))
        return line.removeprefix("| ").removesuffix(" |").split(" | ")[1:]

    def test_a_parameter_without_a_default_is_required(self):
        text = "An address. With `Auth=iam` it has no password. Not shown by CloudFormation"
        self.assertEqual(
            self.cells("Url"), ["**required**", "any text", text, "`URL` of dead_letter"]
        )

    def test_numbers_have_their_ends(self):
        self.assertEqual(self.cells("Size")[:2], ["`10`", "2 to 2,000"])
        self.assertEqual(self.cells("Key")[:2], ["`0`", "at least 0"])

    def test_values_and_patterns_are_those_of_the_template(self):
        self.assertEqual(self.cells("Auth")[:2], ["`iam`", "`iam`, `none`"])
        self.assertEqual(self.cells("Arn")[:2], ["empty", "empty or `^arn:.+$`"])
        self.assertEqual(self.cells("Origins")[:2], ["empty", "texts, with commas between them"])

    def test_a_bar_does_not_end_a_cell(self):
        self.assertEqual(self.cells("Auth")[2], r"This \| that")

    def test_functions_are_named_by_the_variable_that_they_read(self):
        self.assertIn("`AUTH` of dead_letter and mapper", self.cells("Auth")[3])

    def test_conditions_are_followed(self):
        self.assertEqual(self.cells("Arn")[3], "`NAME` of dead_letter; `First`")

    def test_many_resources_are_counted_by_their_kind(self):
        self.assertEqual(self.cells("Key")[3], "1 managed policy; 2 queues; 1 log group")

    def test_a_parameter_that_nothing_uses_has_nobody(self):
        self.assertEqual(self.cells("Origins")[3], "")

    def test_rules_say_what_must_fit_together(self):
        self.assertEqual(self.lines[-1], "- `Auth=iam` needs `Arn`.")

    def test_every_parameter_is_in_a_group(self):
        del self.declared["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"][0][
            "Parameters"
        ][2:]
        with self.assertRaisesRegex(ValueError, "Auth, Arn, Origins, Key"):
            configuration.tables(self.declared)


if __name__ == "__main__":
    unittest.main()
