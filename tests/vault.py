"""A key vault on this machine, over https: as much of Key Vault's REST API as Microsoft's client uses to unwrap a key.

It answers as the reference describes (REST API 7.x: "Get Key", "Unwrap Key", "Authentication, requests and responses"):
a challenge for who brings no token, key bundles, base64url without padding, and errors in the service's envelope: 403
with the inner code `KeyDisabled` for a version that is switched off, 400 `BadParameter` for what the key does not
unwrap. The client is Microsoft's own, unchanged, and checks the challenge, the certificate and every answer.

A managed identity is played as well, as App Service offers it to the process (`IDENTITY_ENDPOINT`).
"""

import base64
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

TOKEN = "a-token-of-the-managed-identity"
NAME = "referrals"
_OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass
class Version:
    """One version of the key."""

    private: rsa.RSAPrivateKey = field(repr=False)
    enabled: bool = True


@dataclass
class Vault:
    """A running vault. `fault` is the status that every request gets instead of an answer; 0 for none."""

    url: str
    certificate: Path
    identity: str
    versions: dict[str, Version] = field(default_factory=dict)
    fault: int = 0
    unwrapped: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def key_url(self) -> str:
        return f"{self.url}/keys/{NAME}"

    def new_version(self) -> str:
        """Adds a version of the key and returns its public part as a JSON Web Key."""
        version = uuid4().hex
        self.versions[version] = Version(rsa.generate_private_key(public_exponent=65537, key_size=3072))
        return json.dumps(self.jwk(version))

    def jwk(self, version: str) -> dict[str, str]:
        numbers = self.versions[version].private.public_key().public_numbers()
        return {"kid": f"{self.key_url}/{version}", "kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}

    def settings(self, public_jwk: str) -> Mapping[str, str]:
        """Settings of an app that opens referrals with this vault, its managed identity included."""
        return {
            "REFERRAL_PUBLIC_KEY": public_jwk,
            "REFERRAL_PRIVATE_KEY": "",
            "REFERRAL_VAULT_KEY": self.key_url,
            "IDENTITY_ENDPOINT": self.identity,
            "IDENTITY_HEADER": "secret-of-the-platform",
            "REQUESTS_CA_BUNDLE": str(self.certificate),
        }


class _Handler(BaseHTTPRequestHandler):
    vault: Vault

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length") or 0)))

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path)
        self.vault.requests.append(f"{self.command} {path.path}")
        if self.vault.fault:
            self._send(self.vault.fault, _error("ServiceUnavailable", "The vault is told to fail."))
        elif self.headers.get("authorization") != f"Bearer {TOKEN}":
            # The part of the host that the client compares with: of `127.0.0.1` all but its first label.
            resource = f"https://{urlsplit(self.vault.url).netloc.partition('.')[2]}"
            challenge = f'Bearer authorization="https://login.example/tenant", resource="{resource}"'
            self._send(401, _error("Unauthorized", "No token."), {"WWW-Authenticate": challenge})
        else:
            self._send(*_result(self.vault, self.command, path.path, body))

    def _send(self, status: int, answer: object, headers: Mapping[str, str] | None = None) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {
            "content-type": "application/json",
            "content-length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the method it replaces
        """Keeps quiet."""


class _Identity(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        expires = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
        token = {"access_token": TOKEN, "expires_on": str(expires), "resource": "vault", "token_type": "Bearer"}
        data = json.dumps(token).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the method it replaces
        """Keeps quiet."""


def _result(vault: Vault, method: str, path: str, body: bytes) -> tuple[int, object]:
    parts = path.strip("/").split("/")
    version = vault.versions.get(parts[2]) if len(parts) > 2 and parts[:2] == ["keys", NAME] else None
    if version is None:
        return 404, _error("KeyNotFound", "A key with (name/id) was not found in this key vault.")
    operation = parts[3] if len(parts) > 3 else "get"
    if not version.enabled:
        return 403, _error("Forbidden", f"Operation {operation} is not allowed on a disabled key.", "KeyDisabled")
    if (method, operation) == ("GET", "get"):
        key = vault.jwk(parts[2]) | {"key_ops": ["wrapKey", "unwrapKey"]}
        return 200, {"key": key, "attributes": {"enabled": True, "created": 1690000000, "updated": 1690000000}}
    if (method, operation) == ("POST", "unwrapkey"):
        return _unwrapped(vault, parts[2], json.loads(body))
    return 400, _error("BadParameter", "Method or operation is not supported.")


def _unwrapped(vault: Vault, version: str, asked: Mapping[str, str]) -> tuple[int, object]:
    if asked.get("alg") != "RSA-OAEP-256":
        return 400, _error("BadParameter", "Invalid algorithm.")
    try:
        key = vault.versions[version].private.decrypt(_bytes(asked["value"]), _OAEP)
    except ValueError:
        return 400, _error("BadParameter", "The parameter is incorrect.")
    vault.unwrapped += 1
    return 200, {"kid": f"{vault.key_url}/{version}", "value": _text(key)}


def _error(code: str, message: str, inner: str = "") -> object:
    error: dict[str, object] = {"code": code, "message": message}
    return {"error": error | ({"innererror": {"code": inner}} if inner else {})}


@contextmanager
def running_vault(folder: Path) -> Iterator[Vault]:
    """A vault without a key, on free ports, for as long as the block lasts; `folder` gets its certificate."""
    certificate = _new_certificate(folder)
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server,
        ThreadingHTTPServer(("127.0.0.1", 0), _Identity) as who,
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        vault = Vault(
            f"https://127.0.0.1:{server.server_port}", certificate, f"http://127.0.0.1:{who.server_port}/token"
        )
        server.RequestHandlerClass = type("Handler", (_Handler,), {"vault": vault})
        threads = [threading.Thread(target=each.serve_forever) for each in (server, who)]
        for thread in threads:
            thread.start()
        try:
            yield vault
        finally:
            for each, thread in zip((server, who), threads, strict=True):
                each.shutdown()
                thread.join()


def _new_certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that signs itself, with its key, in one file."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a vault for tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "vault.pem"
    path.touch(mode=0o600)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def _number(number: int) -> str:
    return _text(number.to_bytes((number.bit_length() + 7) // 8))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
