"""The HTTP API of a deployed stack, asked with requests that are signed for AWS."""

import json
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

# A little more than API Gateway waits for a function.
PATIENCE = 35


class SignedApi:
    """Asks and is answered in JSON. An address that does not answer is a status, too: 0."""

    def __init__(self, url: str):
        self.url = url
        self.session = boto3.Session()

    def ask(self, method: str, path: str, body: dict | None = None) -> tuple[int, dict]:
        """The status and the document, `{}` if the answer has none."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"} if data else {}
        signed = AWSRequest(method, f"{self.url}{path}", headers=headers, data=data)
        credentials = self.session.get_credentials().get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", self.session.region_name).add_auth(signed)
        request = urllib.request.Request(
            signed.url, data=data, headers=dict(signed.headers), method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, document(response.read())
        except urllib.error.HTTPError as error:
            return error.code, document(error.read())
        except OSError as error:
            return 0, {"error": str(error)}


def document(text: bytes) -> dict:
    try:
        read = json.loads(text)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
