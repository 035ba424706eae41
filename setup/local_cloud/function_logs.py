"""Print what the functions logged, in the order of time.

SAM's own Python runs this, because it needs boto3.
"""

import sys
import time

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
        print(f"{moment}.{timestamp % 1000:03} {group.removeprefix(GROUPS)}  {message.rstrip()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
