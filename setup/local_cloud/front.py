"""The API at short addresses, those of the demo; the emulator's are long.

`python front.py API_URL ADDRESS PORT…` listens on each port of an address of this machine's and
passes every request on to the API. At the dashboard's port `/` leads to the dashboard. Pages of
others are refused: `origin`.
"""

import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import origin
import request_body
from loopback import http

API_PORT = 8080
DASHBOARD_PORT = 5555
# That of the emulator, because links to files name it.
LINKS_PORT = 4566

# Longer than API Gateway waits for a function.
PATIENCE_SECONDS = 60

# What is between two neighbours, and none of the next one's business (RFC 9110, 7.6.1). `Expect`
# was answered here.
HOP_BY_HOP = {
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}


class PassOn(BaseHTTPRequestHandler):
    """Answers a request with what the API answers."""

    protocol_version = "HTTP/1.1"

    def pass_on(self) -> None:
        try:
            origin.check(self.command, self.path, self.headers, self.server.own_hosts)
            self.check()
            body = request_body.read(self.headers, self.rfile)
        except (origin.Refusal, request_body.Malformed) as refusal:
            self.refuse(refusal.status, str(refusal))
            return
        if self.path == "/" and self.server.server_port == DASHBOARD_PORT:
            self.answer(302, [("Location", "/dashboard")], b"")
            return
        request = urllib.request.Request(
            self.server.api_url() + self.path,
            body,
            {name: value for name, value in self.headers.items() if is_end_to_end(name)},
            method=self.command,
        )
        try:
            with http.open(request, timeout=PATIENCE_SECONDS) as response:
                self.answer(response.status, response.headers.items(), response.read())
        except urllib.error.HTTPError as error:
            with error:
                self.answer(error.code, error.headers.items(), error.read())
        except OSError as error:
            self.answer_in_words(502, f"the emulator does not answer: {error}")

    def check(self) -> None:
        """Raise a `Refusal` of what is not passed on for another reason than where it is from."""

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

    def refuse(self, status: int, why: str) -> None:
        # What follows may be the body, which would be read as a request.
        self.close_connection = True
        self.answer_in_words(status, why)

    def answer_in_words(self, status: int, why: str) -> None:
        self.answer(status, [("Content-Type", "text/plain; charset=utf-8")], f"{why}\n".encode())

    def answer(self, status: int, headers, body: bytes) -> None:
        headers = list(headers)
        self.send_response_only(status)
        for name, value in headers:
            if is_end_to_end(name):
                self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if self.command == "HEAD":
            self.send_length_of_get(headers, body)
        elif status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body)

    def send_length_of_get(self, headers: list[tuple[str, str]], body: bytes) -> None:
        """The length that a GET would be answered with, if it is known."""
        given = [value for name, value in headers if name.lower() == "content-length"]
        if length := (given[0] if given else str(len(body)) if body else None):
            self.send_header("Content-Length", length)

    def log_message(self, *_) -> None:
        """Nothing: the functions log what they do."""


class NoLink(origin.Refusal):
    """A request for anything but a file."""

    def __init__(self) -> None:
        super().__init__("only the links to files of jobs are passed on")


class PassLinksOn(PassOn):
    """Answers what a link to a file asks for. The emulator would do whatever it is asked."""

    def check(self) -> None:
        url = urlsplit(self.path)
        is_signed = "X-Amz-Signature" in parse_qs(url.query)
        is_file = url.path.startswith(f"/{self.server.bucket}/") and "/../" not in url.path
        if self.command not in ("GET", "HEAD") or not is_signed or not is_file:
            raise NoLink


def is_end_to_end(name: str) -> bool:
    return name.lower() not in HOP_BY_HOP


class Front(ThreadingHTTPServer):
    """A server at one port, which asks with each request where the API is."""

    request_handler: type[PassOn] = PassOn

    def __init__(
        self, address: str, port: int, api_url: Callable[[], str], hosts: Iterable[str] = ()
    ):
        super().__init__((address, port), self.request_handler)
        self.api_url = api_url
        self.own_hosts = origin.own_hosts(self.server_port, hosts)


class LinksFront(Front):
    """A server at one port for the links to the files in a bucket of the emulator's."""

    request_handler = PassLinksOn

    def __init__(self, address: str, port: int, endpoint: str, bucket: str, hosts: Iterable[str]):
        super().__init__(address, port, lambda: endpoint, hosts)
        self.bucket = bucket


def start(
    api_url: Callable[[], str], address: str, ports: Iterable[int], hosts: Iterable[str] = ()
) -> list[threading.Thread]:
    """Serve at each port, to `hosts` besides this machine's, while the process goes on."""
    return start_all(Front(address, port, api_url, hosts) for port in ports)


def start_links(endpoint: str, bucket: str, address: str, hosts: Iterable[str] = ()) -> None:
    """Serve the files of a bucket at the port that links name, while the process goes on."""
    start_all([LinksFront(address, LINKS_PORT, endpoint, bucket, hosts)])


def start_all(servers: Iterable[Front]) -> list[threading.Thread]:
    """Have each server serve while the process goes on."""
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    return threads


def serve(
    api_url: Callable[[], str], address: str, ports: Iterable[int], hosts: Iterable[str] = ()
) -> None:
    """The same until the process is stopped."""
    for thread in start(api_url, address, ports, hosts):
        thread.join()


def main(api_url: str, address: str, *ports: str) -> None:
    serve(lambda: api_url, address, map(int, ports))


if __name__ == "__main__":
    main(*sys.argv[1:])
