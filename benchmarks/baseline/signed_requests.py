"""Transactions of one table, written and signed by hand: the floor that no SDK is below."""

import base64
import hmac
import http.client
import json
import threading
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

_VERSION = "2019-02-02"
_TYPE = "multipart/mixed; boundary=batch_1"


class SignedTable:
    """One table of the account of a connection string, over one connection for each thread."""

    def __init__(self, connection: str, table: str) -> None:
        parts = dict(part.split("=", 1) for part in connection.rstrip(";").split(";"))
        self._account, self._key = parts["AccountName"], base64.b64decode(parts["AccountKey"])
        self._endpoint, self._table = parts["TableEndpoint"], table
        self._own = threading.local()

    def book(self, session: str, guard: str, etag: str, cells: Mapping[str, str]) -> str:
        """Touches the guard if it has this ETag and inserts the cells; returns the guard's new ETag."""
        row = f"{self._endpoint}/{self._table}(PartitionKey='{session}',RowKey='{guard}')"
        touch = _part("PATCH", row, {"PartitionKey": session, "RowKey": guard, "TouchedAt": "now"}, etag)
        insert = _part("POST", f"{self._endpoint}/{self._table}", cells)
        answer = self._sent(
            "--batch_1\r\nContent-Type: multipart/mixed; boundary=changes_1\r\n\r\n"
            f"{touch}{insert}--changes_1--\r\n--batch_1--\r\n".encode()
        )
        etags = [line.partition(":")[2].strip() for line in answer.splitlines() if line.lower().startswith("etag:")]
        if len(etags) != len((touch, insert)):
            raise RuntimeError(answer)
        return etags[0]

    def _sent(self, body: bytes) -> str:
        path, date = f"{urlsplit(self._endpoint).path}/$batch", formatdate(usegmt=True)
        signature = hmac.digest(self._key, f"POST\n\n{_TYPE}\n{date}\n/{self._account}{path}".encode(), "sha256")
        headers = {"x-ms-date": date, "x-ms-version": _VERSION, "Content-Type": _TYPE, "DataServiceVersion": "3.0"}
        headers["Authorization"] = f"SharedKey {self._account}:{base64.b64encode(signature).decode()}"
        try:
            return self._answer(path, body, headers)
        except OSError:  # Azurite closes what is idle for 5 seconds
            self._connection().close()
            return self._answer(path, body, headers)

    def _answer(self, path: str, body: bytes, headers: Mapping[str, str]) -> str:
        connection = self._connection()
        connection.request("POST", path, body, headers)
        return connection.getresponse().read().decode()

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = http.client.HTTPConnection(urlsplit(self._endpoint).netloc, timeout=10)
        connection: http.client.HTTPConnection = self._own.connection
        return connection


def _part(method: str, url: str, cells: Mapping[str, str], etag: str = "") -> str:
    condition = f"If-Match: {etag}\r\n" if etag else ""
    return (
        "--changes_1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"{method} {url} HTTP/1.1\r\nContent-Type: application/json\r\nAccept: application/json\r\n"
        f"DataServiceVersion: 3.0\r\nPrefer: return-no-content\r\n{condition}\r\n{json.dumps(cells)}\r\n"
    )
