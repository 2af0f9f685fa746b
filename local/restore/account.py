"""The storage account to restore into: its tables, its copies, and who may reach them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from azure.identity import DefaultAzureCredential

from local.clock import LocalClock
from local.stack.azurite import KEY
from shared.backups.azure_blobs import open_blobs
from shared.backups.blobs import CONTAINER, Blobs
from shared.tables.azure_tables import open_tables
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import Table

_ADDRESSES = {"devstoreaccount1": ("tables", "blobs"), "devstoreaccount2": ("referral_tables", "referral_blobs")}
"""The accounts of a run on this machine, by the names under which it publishes where they are."""


class UnknownAccountError(Exception):
    """It is not known where the account is. The text is for people."""


@dataclass(frozen=True, slots=True)
class Account:
    """One data account. `now` shows the time of the service that uses it, in UTC."""

    tables: Callable[[str], Table] = field(repr=False)
    blobs: Blobs = field(repr=False)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @classmethod
    def open(cls, name: str, running: Path) -> "Account":
        """Opens an account by its name: of a run on this machine, or in Azure with the rights of who is signed in.

        `running` is the file in which a run on this machine says where it is.

        Raises:
            UnknownAccountError: it is an account of this machine, and nothing runs.
        """
        if name in _ADDRESSES:
            return _local(name, running)
        connection = StorageConnection(
            None, f"https://{name}.table.core.windows.net", None, f"https://{name}.blob.core.windows.net"
        )
        credential = DefaultAzureCredential()
        opened = open_tables(connection, credential)
        blobs = open_blobs(connection, CONTAINER, credential)
        return cls(opened.table, blobs)

    @classmethod
    def of(cls, connection_string: str, now: Callable[[], datetime]) -> "Account":
        """The account of a connection string, where the time is `now`."""
        connection = StorageConnection(connection_string, None, None)
        opened = open_tables(connection)
        return cls(opened.table, open_blobs(connection, CONTAINER), now)


def _local(name: str, running: Path) -> Account:
    if not running.exists():
        raise UnknownAccountError(f"{name} is an account of `python dev.py`, which is not running.")
    found = json.loads(running.read_text("utf-8"))
    tables, blobs = (found[each] for each in _ADDRESSES[name])
    account = urlsplit(tables).path.strip("/")
    connection = f"AccountName={account};AccountKey={KEY};TableEndpoint={tables};BlobEndpoint={blobs}"
    return Account.of(f"DefaultEndpointsProtocol=http;{connection}", LocalClock(Path(found["clock"])))
