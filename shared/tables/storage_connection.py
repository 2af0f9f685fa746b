"""The way to one storage account."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StorageConnection:
    """One storage account: by connection string, or by endpoint and managed identity as the Functions bindings do.

    `client_id` is that of a user-assigned identity; None means the system-assigned one.
    """

    connection_string: str | None = field(repr=False)
    table_endpoint: str | None
    client_id: str | None
    blob_endpoint: str | None = None
