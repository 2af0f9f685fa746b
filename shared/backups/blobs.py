"""The port of one container of blobs."""

from collections.abc import Iterable
from typing import Protocol

from shared.tables.table import StorageError

CONTAINER = "backups"
"""The container for copies in each of the two data accounts."""


class BlobExistsError(StorageError):
    """A blob of this name is there already. Nothing was written."""


class Blobs(Protocol):
    """One container. Every method raises `StorageUnavailableError` or `StorageRefusedError`."""

    def names(self, prefix: str = "") -> list[str]:
        """Returns the names of the blobs that begin with `prefix`, in their order."""

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        """Writes a new blob from its parts, a few megabytes at a time; nobody sees it before it is whole.

        Raises:
            BlobExistsError: there is one.
        """

    def read(self, name: str) -> Iterable[bytes]:
        """Returns the content of a blob in parts of a few megabytes."""

    def delete(self, name: str) -> None:
        """Deletes a blob; does nothing if it is gone. Versions of it stay for as long as the account keeps them."""
