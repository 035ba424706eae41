"""What the front passes on, byte for byte as it stands on the wire, and what it refuses."""

import json
import socket
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import front

PATIENCE_SECONDS = 10


class Api(BaseHTTPRequestHandler):
    """Answers with what it was asked, and keeps that."""

    protocol_version = "HTTP/1.1"
    asked: list[dict]

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        asked = {"method": self.command, "path": self.path, "body": body}
        self.server.asked.append(asked | {"headers": dict(self.headers.items())})
        said = json.dumps(asked).encode()
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(said)))
        self.send_header("X-Of-The-Api", "yes")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(said)

    do_GET = do_HEAD = do_POST = do_DELETE = answer

    def log_message(self, *_) -> None:
        """Nothing."""


class BehindFront(unittest.TestCase):
    """A front of its own before an API of its own."""

    def front_of(self, url: str) -> front.Front:
        return front.Front("127.0.0.1", 0, lambda: f"{url}/stage")

    def setUp(self):
        api = ThreadingHTTPServer(("127.0.0.1", 0), Api)
        api.asked = []
        self.asked = api.asked
        self.front = self.front_of(f"http://127.0.0.1:{api.server_port}")
        for server in (api, self.front):
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            self.addCleanup(server.server_close)
            self.addCleanup(server.shutdown)

    def exchange(self, head: str, body: bytes = b"", host: str | None = None) -> str:
        """All that the front answers to bytes on one connection, until it closes that."""
        own = f"127.0.0.1:{self.front.server_port}"
        text = head.replace("HOST", host or own).replace("\n", "\r\n")
        with socket.create_connection(("127.0.0.1", self.front.server_port)) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(text.encode() + b"\r\n\r\n" + body)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while received := connection.recv(1 << 16):
                answer += received
        return answer.decode()


class LinksFront(BehindFront):
    """A front for links to files."""

    def front_of(self, url: str) -> front.Front:
        return front.LinksFront("127.0.0.1", 0, url, "bucket", [])

    def test_links_are_passed_on_and_nothing_else(self):
        link = "/bucket/results/a.csv?X-Amz-Expires=3600&X-Amz-Signature=0a"
        self.assertRegex(self.exchange(f"GET {link} HTTP/1.1\nHost: HOST"), r"^HTTP/1\.1 200 ")
        self.assertEqual([asked["path"] for asked in self.asked], [link])
        for head in (
            f"PUT {link} HTTP/1.1",
            "GET /bucket/results/a.csv HTTP/1.1",
            "GET /other/a.csv?X-Amz-Signature=0a HTTP/1.1",
            "GET /bucket/../other/a.csv?X-Amz-Signature=0a HTTP/1.1",
            "GET / HTTP/1.1",
        ):
            with self.subTest(head=head):
                answer = self.exchange(f"{head}\nHost: HOST")
                self.assertRegex(answer, r"^HTTP/1\.1 403 ")
        self.assertEqual(len(self.asked), 1)


class Front(BehindFront):
    """The front of the API."""

    def test_a_request_is_passed_on_as_it_is(self):
        head = "POST /tasks?a=%20b HTTP/1.1\nHost: HOST\nContent-Length: 4\nPrefer: wait=2\nTE: x"
        answer = self.exchange(head, b"body")
        self.assertRegex(answer, r"^HTTP/1\.1 200 ")
        self.assertIn("X-Of-The-Api: yes", answer)
        [asked] = self.asked
        self.assertEqual(asked["path"], "/stage/tasks?a=%20b")
        self.assertEqual((asked["method"], asked["body"]), ("POST", "body"))
        self.assertEqual(asked["headers"].get("Prefer"), "wait=2")
        self.assertNotIn("TE", asked["headers"])

    def test_a_body_in_chunks_is_not_lost(self):
        head = "POST /tasks HTTP/1.1\nHost: HOST\nTransfer-Encoding: chunked"
        chunks = b'3;x="y"\r\n{"a\r\nA \r\n": 1234567\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n'
        next_one = b"GET /next HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % self.front.server_port
        self.exchange(head, chunks + next_one)
        self.assertEqual(self.asked[0]["body"], '{"a": 1234567}')
        self.assertEqual(self.asked[0]["headers"]["Content-Length"], "14")
        self.assertEqual(self.asked[1]["path"], "/stage/next")

    def test_a_body_whose_end_is_in_doubt_is_refused_with_its_connection(self):
        length, chunked = "Content-Length: 5", "Transfer-Encoding: chunked"
        smuggled = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
        for status, lines, body in (
            (400, f"{length}\n{chunked}", smuggled),
            (400, "Content-Length: 5\nContent-Length: 6", b"hello!"),
            (400, "Content-Length: -1", b""),
            (400, "Content-Length: +5", b"hello"),
            (400, "Content-Length: 1_0", b"hello"),
            (400, "Content-Length: ", b"hello"),
            (400, "Content-Length: ²", b"hello"),
            (400, length, b"hell"),
            (400, "Content-Length : 5", b"hello"),
            (501, "Transfer-Encoding: gzip, chunked", b""),
            (501, "Transfer-Encoding: xchunked", smuggled),
            (501, f"{chunked}\n{chunked}", smuggled),
            (400, chunked, b"5\r\nhello"),
            (400, chunked, b"5\r\nhello!\r\n0\r\n\r\n"),
            (400, chunked, b"-5\r\nhello\r\n0\r\n\r\n"),
            (400, chunked, b"0x5\r\nhello\r\n0\r\n\r\n"),
            (400, chunked, b"5\nhello\r\n0\r\n\r\n"),
            (400, chunked, b"\r\n"),
            (400, chunked, b"0\r\nno end"),
            (413, "Content-Length: 10485761", b"hello"),
            (413, "Content-Length: 999999999999999999", b"hello"),
            (413, chunked, b"A00001\r\nhello"),
            (413, chunked, b"FFFFFFFFFFFFFFFF\r\nhello"),
        ):
            with self.subTest(lines, body=body):
                answer = self.exchange(f"POST /tasks HTTP/1.1\nHost: HOST\n{lines}", body)
                self.assertRegex(answer, rf"^HTTP/1\.1 {status} ")
                self.assertIn("Connection: close", answer)
                self.assertEqual(answer.count("HTTP/1.1"), 1, answer)
        self.assertEqual(self.asked, [])

    def test_wrong_hosts_and_pages_of_others_are_refused_with_what_follows(self):
        smuggled = b"GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % self.front.server_port
        for status, head, host in (
            (421, "POST /tasks HTTP/1.1\nHost: HOST", "rebound.example.com"),
            (421, "POST /tasks HTTP/1.1\nHost: HOST\nHost: HOST", None),
            (421, "POST /tasks HTTP/1.1\nHost: HOST\nhost: example.com", None),
            (421, "POST http://HOST/tasks HTTP/1.1\nHost: HOST", None),
            (421, "POST /tasks HTTP/1.0", None),
            (421, "OPTIONS * HTTP/1.1\nHost: HOST", None),
            (403, "POST /tasks HTTP/1.1\nHost: HOST\nOrigin: https://example.com", None),
            (403, "GET /tasks HTTP/1.1\nHost: HOST\nSec-Fetch-Site: cross-site", None),
        ):
            with self.subTest(head):
                answer = self.exchange(f"{head}\nContent-Length: {len(smuggled)}", smuggled, host)
                self.assertRegex(answer, rf"^HTTP/1\.1 {status} ")
                self.assertEqual(answer.count("HTTP/1.1"), 1, answer)
        self.assertEqual(self.asked, [])

    def test_own_pages_are_answered(self):
        own = f"http://127.0.0.1:{self.front.server_port}"
        answer = self.exchange(f"POST /tasks HTTP/1.1\nHost: HOST\nOrigin: {own}")
        self.assertRegex(answer, r"^HTTP/1\.1 200 ")

    def test_head_has_the_length_of_get_and_no_body(self):
        answer = self.exchange("HEAD / HTTP/1.1\nHost: HOST")
        head, _, body = answer.partition("\r\n\r\n")
        self.assertRegex(head, r"^HTTP/1\.1 200 ")
        self.assertEqual(self.asked[0]["method"], "HEAD")
        expected = len(json.dumps({"method": "HEAD", "path": "/stage/", "body": ""}))
        self.assertIn(f"\r\nContent-Length: {expected}", head)
        self.assertEqual(body, "")

    def test_a_connection_is_kept_from_one_request_to_the_next(self):
        second = b"GET /second HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % self.front.server_port
        answer = self.exchange("HEAD /first HTTP/1.1\nHost: HOST", second)
        self.assertEqual(answer.count("HTTP/1.1 200"), 2)
        self.assertEqual([asked["path"] for asked in self.asked], ["/stage/first", "/stage/second"])


if __name__ == "__main__":
    unittest.main()
