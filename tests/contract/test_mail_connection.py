"""A connection to an email service that breaks: before the request nothing was sent, after it no one can tell."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from azure.core.credentials import AzureKeyCredential
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shared.mail.message import EmailMessage, MailError, MailNotAcceptedError, MailUnclearError
from shared.mail.services.acs.sender import AzureMailSender, open_client
from shared.mail.services.notify.sender import NotifyMailSender
from shared.mail.services.notify.session import open_session

KEY = "tests-26785a09-ab16-4eb0-8407-a37497a57506-3d844edf-8d35-48ac-975b-e847b4f122b0"
MAIL = EmailMessage(
    to="zoe@example.nhs.uk", subject="Staff session", text="Hello", html="<p>Hello</p>", markdown="Hello"
)

type Behaviour = Callable[[socket.socket, Callable[[], ssl.SSLSocket]], None]
"""What the server does with a connection; the call that it gets shakes hands."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, which no one but a test trusts, with its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, *form)
    )
    return path


@contextmanager
def server(behaviour: Behaviour, certificate: Path) -> Iterator[str]:
    """One that takes a single connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                behaviour(connection, lambda: context.wrap_socket(connection, server_side=True))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)


def shakes_hands(_: socket.socket, handshake: Callable[[], ssl.SSLSocket]) -> None:
    with handshake() as tls:
        tls.recv(1)


def speaks_no_tls(connection: socket.socket, _: object) -> None:
    connection.recv(1)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def hangs_up(connection: socket.socket, _: object) -> None:
    connection.recv(1)


def breaks_after_the_request(_: socket.socket, handshake: Callable[[], ssl.SSLSocket]) -> None:
    tls, received = handshake(), b""
    while not received.endswith(b"}"):  # the end of the email, as JSON
        received += tls.recv(65_536)
    with socket.socket(fileno=tls.detach()) as plain:
        plain.sendall(b"this is no record of TLS")


@pytest.mark.parametrize(
    ("behaviour", "is_trusted", "error", "code"),
    [
        (shakes_hands, False, MailNotAcceptedError, "SSLCertVerificationError"),
        (speaks_no_tls, True, MailNotAcceptedError, "SSLError"),
        (hangs_up, True, MailNotAcceptedError, ""),
        (breaks_after_the_request, True, MailUnclearError, "SSLError"),
    ],
)
def test_what_breaks_before_the_request_was_not_sent_and_what_breaks_after_it_is_unclear(
    certificate: Path, behaviour: Behaviour, error: type[MailError], code: str, *, is_trusted: bool
) -> None:
    session = open_session(KEY)
    session.trust_env, session.verify = False, str(certificate) if is_trusted else True
    with server(behaviour, certificate) as url, pytest.raises(error) as caught:
        NotifyMailSender(session, url, UUID(int=1)).send(MAIL, operation_id=uuid4())

    assert type(caught.value) is error
    assert code in str(caught.value)


def test_the_client_of_azure_cannot_tell_when_tls_broke_so_it_is_unclear(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with server(breaks_after_the_request, certificate) as url:
        sender = AzureMailSender(open_client(url, AzureKeyCredential("a2V5")), "sessions@example.nhs.uk")
        with pytest.raises(MailUnclearError):
            sender.send(MAIL, operation_id=uuid4())
