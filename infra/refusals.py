"""What is refused before anything is deployed, because CloudFormation cannot, or only too late."""

import sys
from collections.abc import Mapping

import boto3
from botocore.exceptions import BotoCoreError, ClientError

# How much longer than its mapper a chunk should stay hidden, as AWS advises for a queue.
ADVISED = 6

# Executions that Lambda lets nobody reserve, of an account that has as many.
UNRESERVED = 100

# The parameters that are compared.
COMPARED = {
    "ChunkVisibilityTimeout",
    "ConnectionBudget",
    "JobDeadline",
    "JobTtl",
    "MapperConcurrency",
    "MapperTimeout",
    "ObjectDays",
    "ReducerConcurrency",
    "ResultDays",
    "SubmitConcurrency",
}


def check(parameters: Mapping[str, str], deployed: Mapping[str, str]) -> None:
    """End if parameters of template.yaml contradict each other or the account's quota.

    `deployed` are those that the stack has now.
    """
    if "MapperTimeout" not in parameters:
        return
    numbers = {name: int(value) for name, value in parameters.items() if value.isdecimal()}
    if wrong := COMPARED - numbers.keys():
        said = ", ".join(f"{name} is {parameters[name]!r}" for name in sorted(wrong))
        sys.exit(f"{said}, not a whole number")
    notes = [*budget(numbers), *timeouts(numbers)]
    reserved = int(deployed.get("SubmitConcurrency", "0"))
    if limits := account_limits():
        notes += quota(numbers, *limits, reserved)
    for note in notes:
        print(note)


def budget(numbers: Mapping[str, int]) -> list[str]:
    """End if submit would refuse to start, for the sum that CloudFormation cannot form."""
    names = ("ConnectionBudget", "MapperConcurrency", "SubmitConcurrency")
    most, mappers, submissions = (numbers[name] for name in names)
    if mappers + submissions > most:
        sys.exit(
            f"ConnectionBudget is {most}, less than MapperConcurrency and SubmitConcurrency "
            f"together, {mappers} + {submissions}; submit would not start"
        )
    if submissions == 0:
        return ["SubmitConcurrency is 0: nothing limits how many connections submissions hold"]
    return []


def timeouts(numbers: Mapping[str, int]) -> list[str]:
    """End if a chunk would come back while it is read, a job expire before its deadline, or its
    objects before it.

    Lambda compares the first two when it creates the mapping of the queue, and not afterwards.
    """
    hidden, mapper = numbers["ChunkVisibilityTimeout"], numbers["MapperTimeout"]
    deadline, ttl = numbers["JobDeadline"], numbers["JobTtl"]
    if hidden < mapper:
        sys.exit(
            f"ChunkVisibilityTimeout is {hidden}, less than MapperTimeout, {mapper}: a chunk would "
            f"be delivered again while it is read, and given up after MaxAttempts; set "
            f"ChunkVisibilityTimeout={ADVISED * mapper} too"
        )
    if ttl < deadline:
        sys.exit(
            f"JobTtl is {ttl}, less than JobDeadline, {deadline}: submit would not start; raise "
            "JobTtl too"
        )
    for days in ("ObjectDays", "ResultDays"):
        if numbers[days] * 86400 < ttl:
            sys.exit(
                f"{days} is {numbers[days]}, less than JobTtl, {ttl} seconds: submit would not "
                f"start; set {days}={-(-ttl // 86400)} too"
            )
    notes = []
    if hidden < ADVISED * mapper:
        notes.append(
            f"ChunkVisibilityTimeout is {hidden}, less than {ADVISED} times MapperTimeout, which "
            "AWS advises: deliveries that Lambda throttles count as attempts"
        )
    if deadline < mapper:
        notes.append(
            f"JobDeadline is {deadline}, less than MapperTimeout, {mapper}: jobs fail while their "
            "chunks are read"
        )
    return notes


def quota(
    numbers: Mapping[str, int], all_executions: int, unreserved: int, reserved: int
) -> list[str]:
    """End if Lambda would refuse to reserve SubmitConcurrency.

    `unreserved` is what nobody has reserved now, and `reserved` what this stack has.
    """
    submissions, mappers = numbers["SubmitConcurrency"], numbers["MapperConcurrency"]
    reducers = numbers["ReducerConcurrency"]
    left = unreserved + reserved - submissions
    least = min(UNRESERVED, all_executions)
    if submissions > reserved and left < least:
        sys.exit(
            f"Lambda runs {all_executions} functions of this account at once, and must keep "
            f"{least} that nobody reserves; SubmitConcurrency={submissions} would leave {left}. "
            "Ask AWS for more (docs/deploying.md, step 4), or set SubmitConcurrency=0 "
            f"MapperConcurrency={max(2, min(mappers, all_executions // 2))} "
            f"ReducerConcurrency={max(2, min(reducers, all_executions // 4))}"
        )
    if mappers + reducers > left:
        return [
            f"MapperConcurrency and ReducerConcurrency are {mappers} + {reducers}, and Lambda has "
            f"{left} executions for all functions of the account that reserve none: they will be "
            "throttled, which counts as attempts"
        ]
    return []


def account_limits() -> tuple[int, int] | None:
    """How many executions the account has, and has unreserved, if whoever deploys may know."""
    try:
        limit = boto3.client("lambda").get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError) as error:
        print(f"the account's quota is not checked: {error}")
        return None
    return limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
