"""What template.yaml says about its functions, read without a parser of YAML."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from paths import TEMPLATE
from steps import Failure

# The most that Lambda accepts for all variables of a function, as JSON.
LARGEST_ENVIRONMENT = 4096

# The URL of a queue is the longest name that AWS makes.
NAMED_BY_AWS = "x" * 128


@dataclass(frozen=True)
class Function:
    """A function, by its name in the template."""

    name: str
    folder: str
    variables: Mapping[str, str]
    """Each with the name of the parameter or resource that it is."""
    event: Mapping
    """One that changes nothing."""


def functions() -> list[Function]:
    """All of them."""
    text = TEMPLATE.read_text()
    _, *parts = re.split(r"^  (\w+):$", text, flags=re.MULTILINE)
    resources = dict(zip(parts[::2], parts[1::2], strict=True))
    common = variables(text[text.index("\nGlobals:\n") : text.index("\nResources:\n")])
    found = []
    for name, resource in resources.items():
        if folder := re.search(r"CodeUri: functions/(\w+)", resource):
            own = common | variables(resource)
            found.append(Function(name, folder[1], own, event(name, resource, resources)))
    return found


def variables(part: str) -> dict[str, str]:
    block = re.search(r"^( +)Variables:\n((?:\1  .*\n)+)", part, re.MULTILINE)
    value = r"^ +(\w+): (?:!If \[\w+, )?!Ref (\w+)"
    return dict(re.findall(value, block[2], re.MULTILINE)) if block else {}


def event(name: str, resource: str, resources: Mapping[str, str]) -> dict:
    """No message for a function of a queue, for one of the API a request that changes nothing."""
    # An event source; a destination has its type in a line with other things.
    if re.search(r"^ +Type: SQS$", resource, re.MULTILINE):
        return {"Records": []}
    integration = "${" + name.removesuffix("Function") + "Integration}"
    routes = [
        tuple(found.groups())
        for route in resources.values()
        if integration in route and (found := re.search(r"RouteKey: (GET|POST) (\S+)", route))
    ]
    if not routes:
        raise Failure(f"{name} of {TEMPLATE.name} has neither a queue nor a route")
    return request(*min(routes))  # a GET before a POST


def request(method: str, route: str) -> dict:
    """The event of an HTTP API. No job has the id in its path, and its body is no request."""
    task_id = "start"
    path = route.replace("{task_id}", task_id)
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
    posted = {"body": "not JSON"} if method == "POST" else {}
    return {
        "version": "2.0",
        "routeKey": f"{method} {route}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "localhost", "user-agent": "pgfold deployment"},
        "pathParameters": {"task_id": task_id} if "{task_id}" in route else {},
        "requestContext": {
            "accountId": "",
            "apiId": "",
            "domainName": "localhost",
            "http": http | {"userAgent": "pgfold deployment"},
            "requestId": "start",
            "routeKey": f"{method} {route}",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000,
        },
        "isBase64Encoded": False,
        **posted,
    }


def check_environments(parameters: Mapping[str, str]) -> None:
    """Fail if a function would have more variables than Lambda takes."""
    for function in functions():
        values = {
            variable: parameters.get(source, NAMED_BY_AWS)
            for variable, source in function.variables.items()
        }
        size = len(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode())
        if size > LARGEST_ENVIRONMENT:
            largest = max(values, key=lambda variable: len(values[variable]))
            raise Failure(
                f"the variables of {function.name} have {size:,} bytes as JSON, {largest} alone "
                f"{len(json.dumps(values[largest])):,}; Lambda takes {LARGEST_ENVIRONMENT:,}",
                remedy="fewer sources, or shorter names and conditions",
            )
