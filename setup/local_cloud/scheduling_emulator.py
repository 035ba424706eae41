"""MiniStack, with what EventBridge Scheduler puts into a target's Input at each trigger.

MiniStack passes `<aws.scheduler.scheduled-time>` and the like on as they are written. All triggers
of a schedule would then have one idempotency key, and so one job. The emulator's own Python runs
this in place of `-m ministack`.
"""

import uuid
from datetime import UTC, datetime

from ministack.app import main
from ministack.services import eventbridge, scheduler


def replaces_attributes(invoke_target):
    """What invokes a target, with the attributes of a schedule's Input replaced before."""

    def invoke(target, event, source, *others):
        # Rules of EventBridge take this way, too; only schedules have a group.
        if "GroupName" in source and target.get("Input"):
            target = target | {"Input": replaced(target["Input"], source, event["Time"])}
        return invoke_target(target, event, source, *others)

    return invoke


def replaced(text: str, schedule: dict, now: float) -> str:
    attributes = {
        "schedule-arn": schedule["Arn"],
        "scheduled-time": scheduled_time(schedule["ScheduleExpression"], now),
        "execution-id": str(uuid.uuid4()),
        "attempt-number": "1",  # MiniStack tries once.
    }
    for name, value in attributes.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return text


def scheduled_time(expression: str, now: float) -> str:
    """When a trigger was due. MiniStack looks every ten seconds; cron and rate count minutes."""
    due = scheduler._at_time_epoch(expression)
    due = now - now % 60 if due is None else due
    return f"{datetime.fromtimestamp(due, UTC):%Y-%m-%dT%H:%M:%SZ}"


if __name__ == "__main__":
    eventbridge._invoke_target = replaces_attributes(eventbridge._invoke_target)
    main()
