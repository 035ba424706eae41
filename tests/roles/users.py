"""Users of the emulator's IAM, which are made for a test and are gone with the stack."""

import json

import boto3
from botocore.credentials import Credentials


def make(name: str, statements: list[dict] | None = None) -> Credentials:
    """The keys of a user who may do what the statements say, and nothing without."""
    iam = boto3.client("iam")
    iam.create_user(UserName=name)
    if statements:
        document = {"Version": "2012-10-17", "Statement": statements}
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])
