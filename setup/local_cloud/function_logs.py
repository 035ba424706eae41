"""Print what the functions logged, in the order of time.

SAM's own Python runs this, because it needs boto3.
"""

import json
import sys
import time
from itertools import chain

import boto3

GROUPS = "/aws/lambda/"


def main(newest: str) -> None:
    logs = boto3.client("logs")
    events = []
    for page in logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GROUPS):
        for group in (group["logGroupName"] for group in page["logGroups"]):
            for found in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                events += [
                    (event["timestamp"], group, event["message"])
                    for event in found["events"]
                    if not event["message"].startswith(("START ", "END "))
                ]
    # The sort keeps events of one millisecond in the order of their function.
    for timestamp, group, message in sorted(events, key=lambda event: event[0])[-int(newest) :]:
        moment = time.strftime("%H:%M:%S", time.localtime(timestamp / 1000))
        said = short(message.rstrip())
        print(f"{moment}.{timestamp % 1000:03} {group.removeprefix(GROUPS)}  {said}")


def short(message: str) -> str:
    """Metrics as names and values, without what CloudWatch reads them by; others as they are."""
    if not message.startswith('{"_aws":'):
        return message
    event = json.loads(message)
    for directive in event.pop("_aws")["CloudWatchMetrics"]:
        for dimension in chain(*directive["Dimensions"]):
            event.pop(dimension, None)
    return "counted " + " ".join(f"{name}={value}" for name, value in event.items())


if __name__ == "__main__":
    main(*sys.argv[1:])
