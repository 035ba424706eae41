"""An HTTP API in place of API Gateway's: it calls the template's functions by Lambda's API.

A function gets the event that API Gateway makes of a request, in its format 2.0.
"""

import base64
import json
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from loopback import http as loopback
from paths import TEMPLATE

# Longer than any function of the API may take.
PATIENCE_SECONDS = 60

ROUTE = re.compile(r"RouteKey: (\w+) (\S+)\n +Target: !Sub integrations/\$\{(\w+)Integration\}")


@dataclass(frozen=True)
class Route:
    """A route of template.yaml, and the function behind it by its name there."""

    method: str
    path: str
    function: str

    def parameters(self, method: str, path: str) -> dict[str, str] | None:
        """What the path names, if this route is meant."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path)
        found = re.fullmatch(pattern, path) if method == self.method else None
        return found.groupdict() if found else None


def routes() -> list[Route]:
    """All of them; those without names in their paths go first, as API Gateway tries them."""
    found = ROUTE.findall(TEMPLATE.read_text())
    every = [Route(method, path, f"{name}Function") for method, path, name in found]
    return sorted(every, key=lambda route: route.path.count("{"))


@contextmanager
def serving(invoke: Callable[[str, dict], dict | None]) -> Iterator[str]:
    """The URL of an API. `invoke` calls a function by its name in the template.

    It returns the function's answer, or nothing if that failed.
    """
    known = routes()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            path = urlsplit(self.path).path
            for route in known:
                names = route.parameters(self.command, path)
                if names is not None:
                    event = event_of(route, self, names, body)
                    self.send(invoke(route.function, event) or of_gateway(500))
                    return
            self.send(of_gateway(404))

        do_GET = do_HEAD = do_POST = do_DELETE = answer

        def send(self, answered: dict) -> None:
            body = answered.get("body") or ""
            encoded = answered.get("isBase64Encoded", False)
            sent = base64.b64decode(body) if encoded else body.encode()
            self.send_response(answered["statusCode"])
            for name, value in answered.get("headers", {}).items():
                if name.lower() != "content-length":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(sent)

        def log_message(self, *_) -> None:
            """The functions log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def of_gateway(status: int) -> dict:
    """What API Gateway itself answers."""
    message = {"message": HTTPStatus(status).phrase}
    return {"statusCode": status, "body": json.dumps(message)}


def event_of(
    route: Route, request: BaseHTTPRequestHandler, names: dict[str, str], body: bytes
) -> dict:
    split = urlsplit(request.path)
    key = f"{route.method} {route.path}"
    event = {
        "version": "2.0",
        "routeKey": key,
        "rawPath": split.path,
        "rawQueryString": split.query,
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {
                "method": route.method,
                "path": split.path,
                "protocol": request.request_version,
                "sourceIp": request.client_address[0],
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": key,
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": int(time.time() * 1000),
        },
        "isBase64Encoded": bool(body),
    }
    if split.query:
        event["queryStringParameters"] = dict(parse_qsl(split.query, keep_blank_values=True))
    if names:
        event["pathParameters"] = names
    if body:
        event["body"] = base64.b64encode(body).decode()
    return event


def invoke(endpoint: str, names: Mapping[str, str], function: str, event: dict) -> dict | None:
    """What a function answers, whose name at `endpoint` is in `names`."""
    url = f"{endpoint}/2015-03-31/functions/{names[function]}/invocations"
    request = urllib.request.Request(url, json.dumps(event).encode(), method="POST")
    try:
        with loopback.open(request, timeout=PATIENCE_SECONDS) as response:
            failed = "X-Amz-Function-Error" in response.headers
            said = response.read()
    except urllib.error.URLError:
        return None
    return None if failed else json.loads(said)
