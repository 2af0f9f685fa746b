"""The adapter of the blob port for Azure Blob Storage: calls the SDK and translates its errors."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from shared.backups.blobs import BlobExistsError
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import StorageRefusedError, StorageUnavailableError

_BLOCK = 4 * 1024 * 1024
_CLIENT_OPTIONS: Mapping[str, Any] = {
    "retry_total": 3,
    "connection_timeout": 5,
    "read_timeout": 30,
    # No more than some blocks of a table are in memory at any time.
    "max_block_size": _BLOCK,
    "max_single_put_size": _BLOCK,
    "max_single_get_size": _BLOCK,
    "max_chunk_get_size": _BLOCK,
}


@dataclass(frozen=True, slots=True)
class AzureBlobs:
    """One container through the SDK's client. `shared.backups.blobs.Blobs` describes the methods."""

    client: ContainerClient = field(repr=False)

    def names(self, prefix: str = "") -> list[str]:
        with _translating_errors():
            return list(self.client.list_blob_names(name_starts_with=prefix))

    def write(self, name: str, parts: Iterable[bytes]) -> None:
        with _translating_errors():
            try:
                self.client.upload_blob(name, iter(parts), overwrite=False, max_concurrency=1)
            except ResourceExistsError:
                raise BlobExistsError(name) from None

    def read(self, name: str) -> Iterator[bytes]:
        with _translating_errors():
            yield from self.client.download_blob(name).chunks()

    def delete(self, name: str) -> None:
        with _translating_errors():
            try:
                self.client.delete_blob(name)
            except ResourceNotFoundError:
                return


@contextmanager
def _translating_errors() -> Generator[None]:
    try:
        yield
    except HttpResponseError as error:
        status = error.status_code or 0
        if status in {400, 403, 404, 409, 412, 413}:
            raise StorageRefusedError(f"HTTP {status}") from error
        raise StorageUnavailableError(f"HTTP {status}") from error
    except AzureError as error:
        raise StorageUnavailableError(type(error).__name__) from error


def open_blobs(
    connection: StorageConnection, container: str, credential: TokenCredential | None = None, **options: Any
) -> AzureBlobs:
    """Returns the container of the account; `options` are passed to the SDK.

    Raises:
        StorageRefusedError: there is neither a connection string nor an endpoint with a credential.
    """
    given = {**_CLIENT_OPTIONS, **options}
    if connection.connection_string:
        return AzureBlobs(ContainerClient.from_connection_string(connection.connection_string, container, **given))
    if not connection.blob_endpoint or credential is None:
        raise StorageRefusedError("neither a connection string nor an endpoint with an identity")
    return AzureBlobs(ContainerClient(connection.blob_endpoint, container, credential=credential, **given))
