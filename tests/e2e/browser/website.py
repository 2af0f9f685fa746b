"""Websites of an organisation on this machine, over https: other origins than the service's, in a real browser."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    server = ThreadingHTTPServer((_LOCALHOST, 0), BaseHTTPRequestHandler)
    website = Website(f"https://{_LOCALHOST}:{server.server_port}")
    server.RequestHandlerClass = _handler(website)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_new_certificate(folder / f"{server.server_port}.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield website
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(website: Website) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = _PAGE.format(website.html).encode() if self.path == "/" else b""
            self.send_response(200 if body else 204)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **website.headers}.items():
                self.send_header(name, value)
            if body:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    return Handler


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
