"""What a description of every deployment cannot say of this one, and which answers do not count."""

import hashlib
import json
import re

import schemathesis
from schemathesis.core.failures import ServerError
from schemathesis.generation.meta import TestPhase

from fitting import fitted

KEY = re.compile(r"(?=.{1,255}$)[\t -~]*[!-~][\t -~]*")

NO_ROUTE = {"message": "Not Found"}
NOT_ATTACHED = "attaching to the job's snapshot"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Have requests name what there is here. What is wrong with one stays wrong."""
    if case.meta and case.meta.phase.name == TestPhase.STATEFUL:
        # What follows on a job needs one.
        case.query.pop("dry_run", None)
    if case.operation.method == "post" and isinstance(case.body, dict):
        case.body = fitted(case.body)
    key = (case.headers or {}).get("Idempotency-Key", "")
    if KEY.fullmatch(key):
        # One key for two requests is refused, and short keys are made up more than once.
        request = [case.operation.label, case.query, repr(case.body)]
        digest = hashlib.sha256(json.dumps(request, default=str).encode()).hexdigest()
        case.headers["Idempotency-Key"] = (digest + key)[:255]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Drop complaints of answers that are API Gateway's own, and of mappers that are too busy.

    To a path that is none of ours API Gateway answers itself. And where a machine is so slow that
    mappers do not attach to a snapshot in 20 seconds, 503 is what is promised: not that there are
    none. Whether these are as described is checked all the same.
    """
    told = body_of(response)
    if response.status_code == 404 and told == NO_ROUTE:
        return False
    is_too_busy = response.status_code == 503 and NOT_ATTACHED in str(told)
    return not (is_too_busy and isinstance(failure, ServerError))


def body_of(response):
    try:
        return response.json()
    except ValueError:
        return None
