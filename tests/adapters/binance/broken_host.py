"""A loopback server that breaks off at an exact point: scripts that play one side of a connection, byte by byte."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

Script = Callable[[socket.socket, "BrokenHost"], None]
_LONGEST_S = 5


class BrokenHost:
    """Where it listens and what it was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[bytes] = []
        self.released = threading.Event()
        self.closed = threading.Semaphore(0)

    def hear(self, connection: socket.socket) -> bytes:
        """Read one request's head and remember it."""
        heard = b""
        while b"\r\n\r\n" not in heard:
            piece = connection.recv(65_536)
            if not piece:
                break
            heard += piece
        self.requests.append(heard)
        return heard


@contextmanager
def broken_host(script: Script) -> Iterator[BrokenHost]:
    """Play the script to everybody who connects; the connection is closed where it ends."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host = BrokenHost(f"127.0.0.1:{listener.getsockname()[1]}")
        threading.Thread(target=_accept, args=(listener, script, host), daemon=True).start()
        try:
            yield host
        finally:
            host.released.set()
            # a blocked accept only returns when the listener is shut down, not when it is closed
            listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, script: Script, host: BrokenHost) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_play, args=(connection, script, host), daemon=True).start()


def _play(connection: socket.socket, script: Script, host: BrokenHost) -> None:
    with connection, suppress(OSError):
        connection.settimeout(_LONGEST_S)
        script(connection, host)
    host.closed.release()


def reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def says(answer: bytes) -> Script:
    """Hear a request, say this and close."""

    def script(connection: socket.socket, host: BrokenHost) -> None:
        host.hear(connection)
        connection.sendall(answer)

    return script


def blurts(answer: bytes) -> Script:
    """Say this to the first bytes, whatever they are."""

    def script(connection: socket.socket, _host: BrokenHost) -> None:
        connection.recv(65_536)
        connection.sendall(answer)

    return script


def says_and(answer: bytes, end: Callable[[socket.socket, BrokenHost], None]) -> Script:
    """Hear a request, say this, then end so."""

    def script(connection: socket.socket, host: BrokenHost) -> None:
        host.hear(connection)
        connection.sendall(answer)
        end(connection, host)

    return script


def hangs(_connection: socket.socket, host: BrokenHost) -> None:
    """Say nothing more until the test is over."""
    host.released.wait(_LONGEST_S)


def resets(connection: socket.socket, _host: BrokenHost) -> None:
    """Break off at once."""
    reset(connection)


def tunnels(then: Script) -> Script:
    """Agree to a CONNECT, then play what the host behind would do."""

    def script(connection: socket.socket, host: BrokenHost) -> None:
        host.hear(connection)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        then(connection, host)

    return script


def encrypted(context: ssl.SSLContext, then: Script) -> Script:
    """Do the TLS handshake, then play."""

    def script(connection: socket.socket, host: BrokenHost) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            then(secured, host)

    return script


def garbles_the_cipher(connection: socket.socket, host: BrokenHost) -> None:
    """Hear a request over TLS and answer beneath it, with bytes that no key fits."""
    host.hear(connection)
    with socket.socket(fileno=connection.detach()) as bare:
        bare.sendall(b"\x17\x03\x03\x00\x20" + b"?" * 32)


@contextmanager
def full_backlog() -> Iterator[str]:
    """A listener whose queue is full, so that nobody gets an answer to a connection attempt."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            for each in waiting:
                each.close()


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate for 127.0.0.1 signed by itself, and the server's side that shows it."""

    certificate: Path
    context: ssl.SSLContext


def identity(folder: Path) -> Identity:
    """Make one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, private)
    return Identity(certificate, context)
