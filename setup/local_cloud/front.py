"""The API at the addresses that people remember, as the demo had it; the emulator's are long.

`python front.py API_URL ADDRESS PORT…` listens on each port of an address of this machine's and
passes every request on to the API. At the dashboard's port `/` leads to the dashboard.
"""

import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from loopback import http

API_PORT = 8080
DASHBOARD_PORT = 5555

# Longer than API Gateway waits for a function.
PATIENCE_SECONDS = 60

# What is between two neighbours, and none of the next one's business (RFC 9110, 7.6.1).
HOP_BY_HOP = {
    "connection",
    "content-length",
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
        if self.path == "/" and self.server.server_port == DASHBOARD_PORT:
            self.answer(302, [("Location", "/dashboard")], b"")
            return
        length = int(self.headers.get("Content-Length") or 0)
        request = urllib.request.Request(
            self.server.api_url() + self.path,
            self.rfile.read(length) if length else None,
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
            why = f"the emulator does not answer: {error}\n"
            self.answer(502, [("Content-Type", "text/plain")], why.encode())

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = pass_on

    def answer(self, status: int, headers, body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if is_end_to_end(name):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def log_message(self, *_) -> None:
        """Nothing: the functions log what they do."""


def is_end_to_end(name: str) -> bool:
    return name.lower() not in HOP_BY_HOP


class Front(ThreadingHTTPServer):
    """A server at one port, which asks with each request where the API is."""

    def __init__(self, address: str, port: int, api_url: Callable[[], str]):
        super().__init__((address, port), PassOn)
        self.api_url = api_url


def serve(api_url: Callable[[], str], address: str, ports: Iterable[int]) -> None:
    """Serve at each port until the process is told to stop."""
    servers = [Front(address, port, api_url) for port in ports]
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main(api_url: str, address: str, *ports: str) -> None:
    serve(lambda: api_url, address, map(int, ports))


if __name__ == "__main__":
    main(*sys.argv[1:])
