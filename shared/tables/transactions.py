"""Transactions of Azure Table Storage, sent through azure-core's own pipeline.

The tables SDK makes a message object of every part of a transaction and of its answer, which took most of the CPU time
of a booking (decision 31). The format is that of "Performing entity group transactions":
https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, HttpResponseError, ServiceResponseError
from azure.core.rest import HttpRequest, HttpResponse
from azure.data.tables import TableErrorCode

from shared.tables.table import Write

_METHODS = {"create": "POST", "merge": "PATCH", "replace": "PUT", "delete": "DELETE"}
_INT32 = range(-(2**31), 2**31)
_HEADERS = {
    "Accept": "application/json",
    "Content-Type": "multipart/mixed; boundary=batch_1",
    "DataServiceVersion": "3.0",
    "MaxDataServiceVersion": "3.0;NetFx",
}
# In a body both boundaries stand at the beginning of a line, and JSON has no line in a text.
_START = "--batch_1\r\nContent-Type: multipart/mixed; boundary=changeset_1\r\n\r\n"
_PART = "--changeset_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
_ACCEPT = "Accept: application/json\r\n"
_CONTENT = "Content-Type: application/json\r\nPrefer: return-no-content\r\n"
_END = "--changeset_1--\r\n--batch_1--\r\n"


def can_send(writes: Sequence[Write]) -> bool:
    """True if every cell is a text, true or false, or a number of 32 bits: all that the service itself writes."""
    return all(
        isinstance(value, str | bool) or (isinstance(value, int) and value in _INT32)
        for write in writes
        for value in write.cells.values()
    )


@dataclass(frozen=True, slots=True)
class TransactionSender:
    """Sends transactions to the account at `url`, without a slash at its end. `client` signs them and tries again."""

    client: PipelineClient[HttpRequest, HttpResponse] = field(repr=False)
    url: str

    def send(self, table: str, writes: Sequence[Write]) -> list[str]:
        """Does all of the writes or none; returns their ETags ("" for a delete). `can_send` is true of them.

        Raises:
            AzureError: as the SDK does.
            ValueError: they are in more than one partition.
        """
        if len({write.cells["PartitionKey"] for write in writes}) != 1:
            raise ValueError("a transaction is of one partition")
        body = "".join((_START, *(self._part(table, write) for write in writes), _END))
        answer = self.client.send_request(HttpRequest("POST", f"{self.url}/$batch", headers=_HEADERS, content=body))
        answer.raise_for_status()
        etags = [_etag(part) for part in _parts(answer.text())]
        if len(etags) != len(writes):
            raise ServiceResponseError("the answer to a transaction is not complete")
        return etags

    def _part(self, table: str, write: Write) -> str:
        is_new = write.kind == "create"
        row = "" if is_new else f"(PartitionKey='{_key(write, 'PartitionKey')}',RowKey='{_key(write, 'RowKey')}')"
        condition = "" if is_new else f"If-Match: {write.etag or '*'}\r\n"
        content, body = ("", "") if write.kind == "delete" else (_CONTENT, json.dumps(write.cells))
        request = f"{_METHODS[write.kind]} {self.url}/{table}{row} HTTP/1.1"
        return f"{_PART}{request}\r\nDataServiceVersion: 3.0\r\n{_ACCEPT}{condition}{content}\r\n{body}\r\n"


def _key(write: Write, name: str) -> str:
    return quote(write.cells[name].replace("'", "''"), safe="")


def _parts(text: str) -> Iterator[str]:
    """The answers in a body: one to each write, or one alone to a write that was refused."""
    for part in text.split("\r\nHTTP/1.1 ")[1:]:
        if not part.startswith("2"):
            raise _refusal(part)
        yield part


def _refusal(part: str) -> AzureError:
    status = part[:3]
    if not status.isdecimal():
        return ServiceResponseError("the answer to a transaction cannot be read")
    error: Any = HttpResponseError("a write of a transaction was refused")
    error.status_code = int(status)
    error.error_code = TableErrorCode.TABLE_NOT_FOUND if '"TableNotFound"' in part else None
    return error  # type: ignore[no-any-return]  # its two attributes have no annotations


def _etag(part: str) -> str:
    headers = (line.partition(":") for line in part.partition("\r\n\r\n")[0].split("\r\n"))
    return next((value.strip() for name, _, value in headers if name.lower() == "etag"), "")
