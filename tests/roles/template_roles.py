"""The roles of the deployed template, and what becomes of an action that is taken from one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3

STACK = "pgfold"


class Roles:
    def __init__(self):
        self.iam = boto3.client("iam")
        self.logs = boto3.client("logs")
        described = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)
        self.names = {
            one["LogicalResourceId"]: one["PhysicalResourceId"]
            for one in described["StackResources"]
        }

    def boundary_of(self, function: str) -> str:
        role = self.iam.get_role(RoleName=self.names[f"{function}Role"])["Role"]
        return role["PermissionsBoundary"]["PermissionsBoundaryArn"]

    @contextmanager
    def without(self, function: str, action: str) -> Iterator[None]:
        """Takes an action from the role of a function while the block runs."""
        role = self.names[f"{function}Role"]
        [policy] = self.iam.list_role_policies(RoleName=role)["PolicyNames"]
        kept = self.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

        def put(document: dict) -> None:
            text = json.dumps(document)
            self.iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=text)

        put(less(kept, action))
        try:
            yield
        finally:
            put(kept)

    @contextmanager
    def bounded_without(self, action: str) -> Iterator[None]:
        """Takes an action from the boundary of all roles while the block runs."""
        arn = self.boundary_of("Jobs")
        before = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        kept = self.iam.get_policy_version(PolicyArn=arn, VersionId=before)["PolicyVersion"]

        def put(document: dict) -> str:
            made = self.iam.create_policy_version(
                PolicyArn=arn, PolicyDocument=json.dumps(document), SetAsDefault=True
            )
            return made["PolicyVersion"]["VersionId"]

        taken = put(less(kept["Document"], action))
        try:
            yield
        finally:
            put(kept["Document"])  # the emulator makes no other version the default
            for version in (before, taken):
                self.iam.delete_policy_version(PolicyArn=arn, VersionId=version)

    def logged(self, function: str, since_ms: int) -> str:
        """What a function has logged."""
        group = self.names[f"{function}LogGroup"]
        pages = self.logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since_ms
        )
        return "\n".join(event["message"] for page in pages for event in page["events"])


def less(document: dict, action: str) -> dict:
    """A policy without an action, also by the emulator's name of its batches."""
    statements, taken = [], False
    for statement in document["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        left = [one for one in actions if one not in (action, f"{action}Batch")]
        taken |= left != actions
        if left:
            statements.append({**statement, "Action": left})
    if not taken:
        raise ValueError(f"no statement allows {action}: {json.dumps(document)}")
    return {**document, "Statement": statements}
