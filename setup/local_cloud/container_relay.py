"""The local cloud's servers, at an address that containers reach.

`python container_relay.py SETTINGS`, which SAM's own Python runs, because it needs cryptography.
Functions speak to a database on another machine over TLS only, and from a container this machine is
another. So connections to PostgreSQL are TLS until here, by a certificate authority that is made at
each start. The local cloud's own servers stay on loopback, where there is no TLS.
"""

import asyncio
import datetime
import ipaddress
import json
import ssl
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# How a client of PostgreSQL asks for TLS: a length of 8, and this code.
SSL_REQUEST = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")


async def main(settings: dict) -> None:
    """Relay until the process is stopped."""
    context = make_certificate(settings["address"], Path(settings["certificates"]))
    async with asyncio.TaskGroup() as tasks:
        for port, target in settings["plain"].items():
            tasks.create_task(serve(settings["address"], int(port), target, None))
        for port, target in settings["postgres"].items():
            tasks.create_task(serve(settings["address"], int(port), target, context))


async def serve(address: str, port: int, target: list, context: ssl.SSLContext | None) -> None:
    relay = partial(take, target, context)
    async with await asyncio.start_server(relay, address, port) as server:
        await server.serve_forever()


async def take(
    target: list,
    context: ssl.SSLContext | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Serve one connection."""
    with closing(writer):
        try:
            if context:
                if await reader.readexactly(len(SSL_REQUEST)) != SSL_REQUEST:
                    return
                writer.write(b"S")
                await writer.start_tls(context)
            to_server = await asyncio.open_connection(*target)
        except (OSError, asyncio.IncompleteReadError):
            return
        with closing(to_server[1]):
            both = (copy(reader, to_server[1]), copy(to_server[0], writer))
            # When one side has ended, the other has nobody to speak to.
            tasks = [asyncio.create_task(one) for one in both]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        return


def make_certificate(address: str, directory: Path) -> ssl.SSLContext:
    """A certificate for the address, its key, and `ca.pem` of who issued it, in a directory."""
    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority = name("pgfold, local")
    ca = certificate(authority, authority, authority_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    server = certificate(name(address), authority, server_key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]),
        critical=False,
    )
    pem = serialization.Encoding.PEM
    signed = [one.sign(authority_key, hashes.SHA256()).public_bytes(pem) for one in (ca, server)]
    key = server_key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    server_file, ca_file = directory / "server.pem", directory / "ca.pem"
    server_file.touch(mode=0o600)
    server_file.write_bytes(key + signed[1])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server_file)
    # Last, as a sign that the rest is there.
    unfinished = ca_file.with_suffix(".unfinished")
    unfinished.write_bytes(signed[0])
    unfinished.rename(ca_file)
    return context


def certificate(subject: x509.Name, issuer: x509.Name, key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=365))
    )


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
