"""Where servers of engines are recorded and log, beside those of other runs."""

from paths import LOCAL
from process import Server

STATE = LOCAL / "engines"


def server_at(name: str, port: int) -> Server:
    """A server of an engine at a port."""
    return Server(record=STATE / "run" / f"{name}-{port}", log=STATE / "log" / f"{name}.log")
