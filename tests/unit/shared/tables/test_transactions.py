"""What a storage account says of a transaction is read as done, refused or unknown."""

import io
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import requests
from azure.core.credentials import AccessToken, AzureSasCredential
from azure.core.pipeline.transport import RequestsTransport
from azure.data.tables import TableServiceClient
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from shared.tables.azure_tables import AzureTable
from shared.tables.table import RowConflictError, StorageRefusedError, StorageUnavailableError, Write
from shared.tables.transactions import Transactions

ACCOUNT = "https://account.table.core.windows.net"
WRITES = [
    Write("merge", {"PartitionKey": "p", "RowKey": "guard"}, 'W/"1"'),
    Write("create", {"PartitionKey": "p", "RowKey": "a"}),
]
MARK = "--changesetresponse_8a28b620"
DONE = "HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nETag: W/\"datetime'{}'\"\r\n"


def part(answer: str) -> str:
    return f"{MARK}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{answer}\r\n\r\n"


def refusal(status: str, code: str) -> str:
    error = f'{{"odata.error":{{"code":"{code}","message":{{"lang":"en-US","value":"1:It was.\\nTime:now"}}}}}}'
    return part(
        f"HTTP/1.1 {status}\r\nX-Content-Type-Options: nosniff\r\nContent-Type: application/json\r\n\r\n{error}"
    )


def batch(*parts: str) -> tuple[int, str]:
    """An answer as Azure writes it ("Performing entity group transactions", sample response)."""
    head = "--batchresponse_4c637ba4\r\nContent-Type: multipart/mixed; boundary=changesetresponse_8a28b620\r\n\r\n"
    return 202, f"{head}{''.join(parts)}{MARK}--\r\n--batchresponse_4c637ba4--\r\n"


class Answers(BaseAdapter):
    """The server's end of a session of requests: gives the answers in turn, the last one again and again."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        super().__init__()
        self.requests: list[requests.PreparedRequest] = []
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.requests.append(request)
        answer = requests.Response()
        answer.status_code, text = next(self._answers)
        answer.request, answer.url = request, request.url or ""
        answer.headers["Content-Type"] = "multipart/mixed; boundary=batchresponse_4c637ba4"
        answer.raw = HTTPResponse(io.BytesIO(text.encode()), dict(answer.headers), preload_content=False)
        return answer

    def close(self) -> None:
        """Holds nothing."""


class Identity:
    """A managed identity, which gives a token."""

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == ("https://storage.azure.com/.default",)
        return AccessToken("token-1", 4_000_000_000)


def opened(server: Answers, credential: Any = None) -> AzureTable:
    session = requests.Session()
    session.mount("https://", server)
    options = {"transport": RequestsTransport(session=session, session_owner=False), "retry_backoff_factor": 0}
    client = TableServiceClient(ACCOUNT, credential=credential or Identity())
    return AzureTable(client.get_table_client("Bookings"), Transactions.like(client, retry_total=2, **options))


def test_the_etag_of_each_write_is_read_in_order() -> None:
    answer = batch(part(DONE.format(1)), part(DONE.format(2)))
    assert opened(Answers(answer)).apply(WRITES) == ["W/\"datetime'1'\"", "W/\"datetime'2'\""]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (batch(refusal("412 Precondition Failed", "UpdateConditionNotSatisfied")), RowConflictError),
        (batch(refusal("409 Conflict", "EntityAlreadyExists")), RowConflictError),
        (batch(refusal("404 Not Found", "ResourceNotFound")), RowConflictError),
        (batch(refusal("404 Not Found", "TableNotFound")), StorageRefusedError),
        (batch(refusal("400 Bad Request", "PropertyValueTooLarge")), StorageRefusedError),
        (batch(refusal("413 Request Entity Too Large", "RequestBodyTooLarge")), StorageRefusedError),
        (batch(refusal("403 Forbidden", "AuthorizationFailure")), StorageRefusedError),
        (batch(refusal("500 Internal Server Error", "InternalError")), StorageUnavailableError),
        (batch(refusal("503 Service Unavailable", "ServerBusy")), StorageUnavailableError),
        ((403, ""), StorageRefusedError),
        ((413, ""), StorageRefusedError),
        ((429, ""), StorageUnavailableError),
        ((503, ""), StorageUnavailableError),
        ((200, "<html>a proxy's page</html>"), StorageUnavailableError),
    ],
)
def test_a_refusal_is_told_from_no_clear_answer(answer: tuple[int, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        opened(Answers(answer)).apply(WRITES)


@pytest.mark.parametrize(
    "answer",
    [
        (202, ""),
        (202, "<html>a proxy's page</html>"),
        batch(),
        batch(part(DONE.format(1))),
        batch(*[part(DONE.format(1))] * 3),
        batch(part("HTTP/1.1 what"), part(DONE.format(1))),
    ],
)
def test_an_answer_that_does_not_tell_of_every_write_is_no_clear_answer(answer: tuple[int, str]) -> None:
    with pytest.raises(StorageUnavailableError):
        opened(Answers(answer)).apply(WRITES)


def test_a_busy_account_is_asked_again_and_one_that_refuses_is_not() -> None:
    busy = Answers((503, ""), batch(part(DONE.format(1)), part(DONE.format(2))))
    refusing = Answers(batch(refusal("412 Precondition Failed", "UpdateConditionNotSatisfied")))

    assert len(opened(busy).apply(WRITES)) == 2
    with pytest.raises(RowConflictError):
        opened(refusing).apply(WRITES)

    assert (len(busy.requests), len(refusing.requests)) == (2, 1)


@pytest.mark.parametrize(
    ("credential", "is_meant"),
    [
        (Identity(), lambda it: it.headers["Authorization"] == "Bearer token-1"),
        (AzureSasCredential("sig=1"), lambda it: it.url.endswith("?sig=1")),
    ],
)
def test_a_request_is_authorised_as_the_client_of_the_account_is(
    credential: Any, is_meant: Callable[[requests.PreparedRequest], bool]
) -> None:
    server = Answers(batch(part(DONE.format(1)), part(DONE.format(2))))

    opened(server, credential).apply(WRITES)

    [request] = server.requests
    assert (request.url or "").startswith(f"{ACCOUNT}/$batch")
    assert is_meant(request)
