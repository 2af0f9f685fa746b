"""Websites of an organisation on this machine, and a front of the service, over https as in Azure.

A browser names no origin in a form that goes from https to http (Fetch standard, 3.2): both have to be https.
"""

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_OF_THE_CONNECTION = {"connection", "content-length", "transfer-encoding"}
_LOCALHOST = "127.0.0.1"
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Staff pages</title></head><body>{}</body></html>'
)


@dataclass
class Website:
    """A running website with one page, whose body is `html`. `headers` are those of the page."""

    origin: str
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def running_website(folder: Path) -> Iterator[Website]:
    """A website at a port of its own; its certificate, which browsers do not know, is written into the folder."""
    website = Website("")
    with _running(folder, _page(website)) as website.origin:
        yield website


@contextmanager
def running_front(folder: Path, site: str) -> Iterator[str]:
    """The origin of a server that passes everything on to the service at `site`, headers and all."""
    with _running(folder, _passing_on(urlsplit(site).netloc)) as origin:
        yield origin


@contextmanager
def _running(folder: Path, handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer((_LOCALHOST, 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_new_certificate(folder / f"{server.server_port}.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://{_LOCALHOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Silent(BaseHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


def _page(website: Website) -> type[BaseHTTPRequestHandler]:
    class Page(_Silent):
        def do_GET(self) -> None:
            body = _PAGE.format(website.html).encode() if self.path == "/" else b""
            self.send_response(200 if body else 204)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **website.headers}.items():
                self.send_header(name, value)
            if body:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Page


def _passing_on(service: str) -> type[BaseHTTPRequestHandler]:
    class Front(_Silent):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("content-length", 0)))
            # A browser that leaves the page closes its connection in the middle of an answer.
            with closing(http.client.HTTPConnection(service, timeout=120)) as connection, suppress(ConnectionError):
                connection.request(self.command, self.path, sent, dict(self.headers))
                answer = connection.getresponse()
                self._answer(answer, answer.read())

        def _answer(self, answer: http.client.HTTPResponse, body: bytes) -> None:
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in _OF_THE_CONNECTION:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def do_OPTIONS(self) -> None:
            self.do_GET()

    return Front


def _new_certificate(path: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_LOCALHOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path.touch(mode=0o600)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path
