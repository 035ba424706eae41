"""The body of an HTTP/1.1 request, by its length or in chunks (RFC 9112, 6 and 7)."""

import re
from email.message import Message
from typing import BinaryIO

# The most that API Gateway accepts.
LARGEST = 10 << 20

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CHUNK_HEAD = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(;[^\r\n]*)?\r\n")

# A line of the framing: the size of a chunk with its extensions, or a trailer.
LONGEST_LINE = 4096
MOST_TRAILERS = 100


class Malformed(Exception):
    """A request without a readable end, or too long; `status` is the answer."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def read(headers: Message, stream: BinaryIO) -> bytes | None:
    """The whole body; None if the request has no body."""
    if headers.defects or not all(map(TOKEN.fullmatch, headers.keys())):
        raise Malformed(400, "a line of the request is no header")
    codings = headers.get_all("Transfer-Encoding", [])
    lengths = headers.get_all("Content-Length", [])
    if codings and lengths:
        raise Malformed(400, "a request has Content-Length or Transfer-Encoding, not both")
    if codings:
        if [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise Malformed(501, f"Transfer-Encoding is {', '.join(codings)}; it must be chunked")
        return read_chunks(stream)
    if not lengths:
        return None
    if len(set(lengths)) > 1 or not re.fullmatch(r"[0-9]{1,18}", lengths[0], re.ASCII):
        raise Malformed(400, f"Content-Length is {', '.join(lengths)}, not a number of bytes")
    return read_exactly(stream, within_limit(int(lengths[0]))) or None


def within_limit(length: int) -> int:
    if length > LARGEST:
        raise Malformed(413, f"the body has {length:,} bytes or more; the API takes {LARGEST:,}")
    return length


def read_exactly(stream: BinaryIO, length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise Malformed(400, f"the body ended after {len(body):,} bytes of {length:,}")
    return body


def read_chunks(stream: BinaryIO) -> bytes:
    body = b""
    while True:
        head = CHUNK_HEAD.fullmatch(stream.readline(LONGEST_LINE))
        if not head:
            raise Malformed(400, "a chunk of the body does not begin with its size")
        size = int(head[1], 16)
        if size == 0:
            read_trailers(stream)
            return body
        within_limit(len(body) + size)
        body += read_exactly(stream, size)
        if stream.read(2) != b"\r\n":
            raise Malformed(400, "a chunk of the body is longer than it says")


def read_trailers(stream: BinaryIO) -> None:
    for _ in range(MOST_TRAILERS):
        line = stream.readline(LONGEST_LINE)
        if line in (b"\r\n", b"\n"):
            return
        if not line.endswith(b"\n"):
            break
    raise Malformed(400, "the trailers of the body do not end")
