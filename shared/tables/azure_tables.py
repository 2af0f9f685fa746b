"""The adapter of the table port for Azure Table Storage: calls the SDK and translates its errors."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core import MatchConditions
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableClient, TableErrorCode, TableServiceClient, UpdateMode

from shared.tables.storage_connection import StorageConnection
from shared.tables.table import (
    MAX_WRITES,
    Row,
    RowConflictError,
    StorageError,
    StorageRefusedError,
    StorageUnavailableError,
    Without,
    Write,
)
from shared.tables.transactions import Transactions

# Bounded waits: the SDK's defaults last for minutes, and the person at the form is waiting.
_RETRIES: Mapping[str, Any] = {"retry_total": 2, "retry_backoff_factor": 0.1}
_TIMEOUTS: Mapping[str, Any] = {"connection_timeout": 5, "read_timeout": 10}

_BARE = {"Accept": "application/json;odata=nometadata"}  # rows without ETags and types: a third less to read


@dataclass(frozen=True, slots=True)
class AzureTable:
    """One table through the SDK's client; `transactions` are those of its account.

    `shared.tables.table.Table` describes the methods.
    """

    client: TableClient = field(repr=False)
    transactions: Transactions

    def get(self, partition: str, key: str) -> Row | None:
        with _translating_errors():
            try:
                return _row(self.client.get_entity(partition, key))
            except HttpResponseError as error:
                if _is_row_missing(error):
                    return None
                raise

    def query(self, select: Sequence[str] = (), **like: str) -> list[Row]:
        # Values are passed as parameters only, which the SDK quotes: no person's text is part of a filter.
        return self._query(" and ".join(f"{name} eq @{name}" for name in like), like, select)

    def query_without(self, left_out: Without, select: Sequence[str] = ()) -> list[Row]:
        # The SDK replaces whole words, hence the blanks. See `shared.bookings.tables.past_sessions` on `not`.
        text = f"not ( {left_out.column} eq @value ) or Timestamp ge @since"
        return self._query(text, {"value": left_out.value, "since": left_out.since}, select)

    def _query(self, text: str, values: Mapping[str, Any], select: Sequence[str]) -> list[Row]:
        dates: list[datetime | None] = []
        with _translating_errors():
            found = self.client.query_entities(
                text,
                parameters=dict(values),
                select=list(select) or None,
                raw_response_hook=lambda answer: dates.append(_date(answer)),
            )
            return [_row(entity, dates[-1]) for entity in found]

    def query_partitions(
        self, first: str, last: str, select: Sequence[str], unlike: Sequence[tuple[str, str]] = ()
    ) -> tuple[list[Row], bool]:
        text, values = "PartitionKey ge @first and PartitionKey le @last", {"first": first, "last": last}
        for number, (column, value) in enumerate(unlike):
            text, values[f"unlike{number}"] = f"{text} and not ( {column} eq @unlike{number} )", value
        with _translating_errors():
            found = self.client.query_entities(text, parameters=values, select=list(select), headers=_BARE)
            pages: Any = found.by_page()
            rows = [_row(entity) for entity in next(pages, ())]
            return rows, pages.continuation_token is None

    def pages(self) -> Iterator[list[Row]]:
        found: Iterator[Any] = self.client.list_entities().by_page()
        while True:
            with _translating_errors():
                page = next(found, None)
                rows = [] if page is None else [_row(entity) for entity in page]
            if page is None:
                return
            yield rows

    def insert(self, cells: Mapping[str, Any]) -> str:
        with _translating_errors():
            try:
                return str(self.client.create_entity(_plain(cells))["etag"])
            except ResourceNotFoundError:  # it carries no code; an insert needs no row, so it is the table
                raise StorageRefusedError("no such table") from None

    def merge(self, cells: Mapping[str, Any], etag: str) -> str:
        condition = MatchConditions.IfNotModified
        with _translating_errors():
            answer = self.client.update_entity(_plain(cells), UpdateMode.MERGE, etag=etag, match_condition=condition)
            return str(answer["etag"])

    def put(self, cells: Mapping[str, Any]) -> None:
        with _translating_errors():
            self.client.upsert_entity(_plain(cells), UpdateMode.REPLACE)

    def delete(self, partition: str, key: str, etag: str | None = None) -> None:
        with _translating_errors():
            self.client.delete_entity(partition, key, **_condition(etag))

    def apply(self, writes: Sequence[Write]) -> list[str]:
        if len(writes) > MAX_WRITES:  # some servers answer this unintelligibly
            raise StorageRefusedError(f"too many writes in one transaction: {len(writes)}")
        with _translating_errors():
            return self.transactions.send(self.client.table_name, writes)


def _plain(cells: Mapping[str, Any]) -> dict[str, Any]:
    """Texts of a type of their own as texts: the SDK refuses every type but those that it knows."""
    return {name: str(value) if isinstance(value, str) else value for name, value in cells.items()}


def _row(entity: Any, read_at: datetime | None = None) -> Row:
    return Row(dict(entity), str(entity.metadata["etag"] or ""), read_at, entity.metadata.get("timestamp"))


def _date(answer: Any) -> datetime | None:
    """The moment of an answer by the clock of its server (RFC 9110, section 6.6.1)."""
    try:
        return parsedate_to_datetime(answer.http_response.headers.get("Date", ""))
    except ValueError:
        return None


def _condition(etag: str | None) -> Mapping[str, Any]:
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified} if etag else {}


@contextmanager
def _translating_errors() -> Generator[None]:
    try:
        yield
    except HttpResponseError as error:
        raise _refusal(error) from error
    except AzureError as error:
        raise StorageUnavailableError(type(error).__name__) from error
    except (TypeError, ValueError) as error:  # a value or a transaction that the SDK will not even send
        raise StorageRefusedError(type(error).__name__) from error


def _is_row_missing(error: HttpResponseError) -> bool:
    return error.status_code == 404 and getattr(error, "error_code", None) != TableErrorCode.TABLE_NOT_FOUND


def _refusal(error: HttpResponseError) -> StorageError:
    status = error.status_code or 0
    # https://learn.microsoft.com/rest/api/storageservices/table-service-error-codes
    if status in {409, 412} or _is_row_missing(error):
        return RowConflictError(f"HTTP {status}")
    if status in {400, 403, 404, 413}:
        return StorageRefusedError(f"HTTP {status}")
    return StorageUnavailableError(f"HTTP {status}")


@dataclass(frozen=True, slots=True)
class AzureTables:
    """The tables of one account."""

    client: TableServiceClient = field(repr=False)
    transactions: Transactions

    def table(self, name: str) -> AzureTable:
        return AzureTable(self.client.get_table_client(name), self.transactions)


def open_tables(
    connection: StorageConnection, credential: TokenCredential | None = None, **options: Any
) -> AzureTables:
    """Returns the tables of the account; `options` are passed to the SDK, such as a `transport`.

    Raises:
        StorageRefusedError: there is neither a connection string nor an endpoint with a credential.
    """
    # One transport, so that both clients use the same connections.
    options = {"transport": RequestsTransport(**_TIMEOUTS), **_RETRIES} | options
    client = _open_client(connection, credential, options)
    return AzureTables(client, Transactions.like(client, **options))


def _open_client(
    connection: StorageConnection, credential: TokenCredential | None, options: Mapping[str, Any]
) -> TableServiceClient:
    if connection.connection_string:
        return TableServiceClient.from_connection_string(connection.connection_string, **options)
    if not connection.table_endpoint or credential is None:
        raise StorageRefusedError("neither a connection string nor an endpoint with an identity")
    return TableServiceClient(connection.table_endpoint, credential=credential, **options)
