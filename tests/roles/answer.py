"""The answer to a request, whatever its status."""

import urllib.error
import urllib.request


def answer(request: urllib.request.Request, seconds: float) -> tuple[int, str]:
    """The status and the body, for which it waits so long."""
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
