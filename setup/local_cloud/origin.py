"""Who may ask the front: programs, its own pages, and links to them. The rules of `pgfold proxy`.

Every web page that a developer opens can send requests to 127.0.0.1, and jobs read the database
that DATABASE_URL names. So the front answers only to its own names, or else a page whose name was
made to point here (DNS rebinding) could read the answers.
"""

from collections.abc import Iterable
from email.message import Message

NAMES = ("127.0.0.1", "localhost")


class Refusal(Exception):
    """A request that is not passed on: `status` says why, as HTTP has it."""

    status = 403


class Misdirected(Refusal):
    """A request for another server."""

    status = 421

    def __init__(self) -> None:
        super().__init__("the front answers to 127.0.0.1 and localhost with its own port")


class CrossSite(Refusal):
    """A request of another page."""

    def __init__(self) -> None:
        super().__init__("requests of other pages than the front's own are not passed on")


def own_hosts(port: int, more: Iterable[str] = ()) -> frozenset[str]:
    """What `Host` may be: this machine's names and `more`, with `port` or with their own."""
    named = [name if ":" in name else f"{name}:{port}" for name in (*NAMES, *more)]
    unported = [name.removesuffix(":80") for name in named if name.endswith(":80")]
    return frozenset((*named, *unported))


def check(method: str, target: str, headers: Message, hosts: frozenset[str]) -> None:
    """Raise a `Refusal` unless a request with this head may be passed on."""
    host = headers.get_all("Host", [])
    if len(host) != 1 or host[0] not in hosts or not target.startswith("/"):
        raise Misdirected
    if any(origin != f"http://{host[0]}" for origin in headers.get_all("Origin", [])):
        raise CrossSite
    site, mode, destination = (
        ", ".join(headers.get_all(f"Sec-Fetch-{name}", [])) for name in ("Site", "Mode", "Dest")
    )
    # What is no browser says nothing; "none" is somebody at the address bar. Others may link here,
    # and neither frame a page nor do anything else that is not seen.
    is_link = (method, mode, destination) == ("GET", "navigate", "document")
    if site not in ("", "same-origin", "none") and not is_link:
        raise CrossSite
