"""`create_table.py`: make the table of jobs as template.yaml describes it; print its name.

The local cloud's own Python runs this, because it needs boto3 and a parser of YAML.
"""

import sys
from pathlib import Path

import boto3

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.append(str(CHECKOUT / "setup"))

from pages import template  # noqa: E402

NAME = "jobs"

# What `CreateTable` takes of it; the rest is set afterwards or is for AWS alone.
OF_CREATION = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def main() -> None:
    resources = template.read((CHECKOUT / "template.yaml").read_text())["Resources"]
    described = resources["JobsTable"]["Properties"]
    dynamodb = boto3.client("dynamodb")
    dynamodb.create_table(TableName=NAME, **{name: described[name] for name in OF_CREATION})
    dynamodb.get_waiter("table_exists").wait(TableName=NAME)
    dynamodb.update_time_to_live(
        TableName=NAME, TimeToLiveSpecification=described["TimeToLiveSpecification"]
    )
    print(NAME)


if __name__ == "__main__":
    main()
