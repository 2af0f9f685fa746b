"""The settings that lead to the two storage accounts: a connection string, or addresses and an identity."""

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from shared.config.setting_types import ConnectionString, Credential, HttpsUrl
from shared.tables.storage_connection import StorageConnection


class StorageSettings(BaseModel):
    """The storage accounts of bookings and of referrals."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    bookings_connection: ConnectionString | None = Field(None, alias="BOOKINGS_STORAGE")
    bookings_tables: HttpsUrl | None = Field(None, alias="BOOKINGS_STORAGE__tableServiceUri")
    bookings_queues: HttpsUrl | None = Field(None, alias="BOOKINGS_STORAGE__queueServiceUri")
    bookings_blobs: HttpsUrl | None = Field(None, alias="BOOKINGS_STORAGE__blobServiceUri")
    bookings_credential: Credential | None = Field(None, alias="BOOKINGS_STORAGE__credential")
    bookings_client_id: str | None = Field(None, alias="BOOKINGS_STORAGE__clientId")
    referrals_connection: ConnectionString | None = Field(None, alias="REFERRALS_STORAGE")
    referrals_tables: HttpsUrl | None = Field(None, alias="REFERRALS_STORAGE__tableServiceUri")
    referrals_queues: HttpsUrl | None = Field(None, alias="REFERRALS_STORAGE__queueServiceUri")
    referrals_blobs: HttpsUrl | None = Field(None, alias="REFERRALS_STORAGE__blobServiceUri")
    referrals_credential: Credential | None = Field(None, alias="REFERRALS_STORAGE__credential")
    referrals_client_id: str | None = Field(None, alias="REFERRALS_STORAGE__clientId")

    @property
    def bookings_storage(self) -> StorageConnection:
        return _connection(self.bookings_connection, self.bookings_tables, self.bookings_client_id)

    @property
    def referrals_storage(self) -> StorageConnection:
        return _connection(self.referrals_connection, self.referrals_tables, self.referrals_client_id)

    @property
    def bookings_backups(self) -> StorageConnection:
        """The way to the copies of the bookings' tables."""
        return _connection(self.bookings_connection, None, self.bookings_client_id, self.bookings_blobs)

    @property
    def referrals_backups(self) -> StorageConnection:
        """The way to the copies of the referrals' tables."""
        return _connection(self.referrals_connection, None, self.referrals_client_id, self.referrals_blobs)


def _connection(
    string: SecretStr | None, tables: HttpUrl | None, client_id: str | None, blobs: HttpUrl | None = None
) -> StorageConnection:
    return StorageConnection(
        connection_string=string.get_secret_value() if string else None,
        table_endpoint=str(tables) if tables else None,
        client_id=client_id,
        blob_endpoint=str(blobs) if blobs else None,
    )
