"""Transactions as they leave the process, and what becomes of answers that no emulator gives."""

import io
import time
from collections.abc import Sequence
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from requests import PreparedRequest, ReadTimeout, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from shared.tables.azure_tables import open_tables
from shared.tables.storage_connection import StorageConnection
from shared.tables.table import RowConflictError, StorageError, StorageRefusedError, StorageUnavailableError, Write
from shared.tables.transactions import can_send

ACCOUNT = "https://trust.table.core.windows.net"
KEY = "a2V5"
DONE = "\r\nHTTP/1.1 204 No Content\r\nETag: W/\"datetime'1'\"\r\n\r\n"
REFUSED = '\r\nHTTP/1.1 {}\r\n\r\n{{"odata.error":{{"code":"{}","message":{{"value":"0:no"}}}}}}\r\n--c--'
WRITES = [
    Write("create", {"PartitionKey": "p", "RowKey": "it's/a"}),
    Write("delete", {"PartitionKey": "p", "RowKey": "é'"}),
]

type Answers = list[tuple[int, str] | Exception]


class Identity:
    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        return AccessToken(f"token for {scopes[0]}", int(time.time()) + 3600)


class Wire:
    """What was sent, and the answers to come: a status and a body each, or an error."""

    def __init__(self, answers: Answers) -> None:
        self.sent: list[PreparedRequest] = []
        self._answers = answers

    def send(self, _: HTTPAdapter, request: PreparedRequest) -> Response:
        self.sent.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        response = Response()
        response.status_code, response.request, response.url = answer[0], request, str(request.url)
        response.raw = HTTPResponse(io.BytesIO(answer[1].encode()), {}, answer[0], preload_content=False)
        return response


@pytest.fixture
def answers() -> Answers:
    return []


@pytest.fixture
def wire(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> Wire:
    found = Wire(answers)
    monkeypatch.setattr(HTTPAdapter, "send", lambda *sent, **_: found.send(*sent))
    return found


def applied(writes: Sequence[Write] = WRITES, connection: str | None = None) -> list[str]:
    storage = StorageConnection(connection, ACCOUNT, None)
    return open_tables(storage, None if connection else Identity()).table("Bookings").apply(writes)


def test_one_request_holds_every_write_with_its_condition(wire: Wire, answers: Answers) -> None:
    answers.append((202, DONE + DONE))
    guard = Write("merge", {"PartitionKey": "p", "RowKey": "guard", "Word": "é\r\n--changeset_1"}, etag="W/1")

    assert applied([guard, WRITES[1]]) == ["W/\"datetime'1'\""] * 2

    [request] = wire.sent
    lines = str(request.body).split("\r\n")
    assert (request.method, request.url) == ("POST", f"{ACCOUNT}/$batch")
    assert [line for line in lines if line.endswith("HTTP/1.1")] == [
        f"PATCH {ACCOUNT}/Bookings(PartitionKey='p',RowKey='guard') HTTP/1.1",
        f"DELETE {ACCOUNT}/Bookings(PartitionKey='p',RowKey='%C3%A9%27%27') HTTP/1.1",
    ]
    assert [line for line in lines if line.startswith("If-Match")] == ["If-Match: W/1", "If-Match: *"]
    assert lines.count("--changeset_1") == 2, "no cell ends a part"


def test_an_identity_is_asked_for_storage_alone(wire: Wire, answers: Answers) -> None:
    answers.append((202, DONE + DONE))

    applied()

    assert wire.sent[0].headers["Authorization"] == "Bearer token for https://storage.azure.com/.default"


def test_a_key_signs_every_request(wire: Wire, answers: Answers) -> None:
    answers.append((202, DONE + DONE))

    applied(
        connection=f"DefaultEndpointsProtocol=https;AccountName=trust;AccountKey={KEY};EndpointSuffix=core.windows.net"
    )

    [request] = wire.sent
    assert request.url == f"{ACCOUNT}/$batch"
    assert str(request.headers["Authorization"]).startswith("SharedKey trust:")
    assert KEY not in str(request.headers)


ANSWERS: list[tuple[str, type[StorageError]]] = [
    (DONE, StorageUnavailableError),
    ("", StorageUnavailableError),
    ("\r\nHTTP/1.1 4", StorageUnavailableError),
    (REFUSED.format("412 Precondition Failed", "UpdateConditionNotSatisfied"), RowConflictError),
    (REFUSED.format("409 Conflict", "EntityAlreadyExists"), RowConflictError),
    (REFUSED.format("404 Not Found", "ResourceNotFound"), RowConflictError),
    (REFUSED.format("404 Not Found", "TableNotFound"), StorageRefusedError),
    (REFUSED.format("400 Bad Request", "InvalidInput"), StorageRefusedError),
    (REFUSED.format("500 Internal Server Error", "InternalError"), StorageUnavailableError),
]


def test_no_answer_that_is_not_clear_is_taken_for_a_success_or_a_refusal(wire: Wire, answers: Answers) -> None:
    for body, error in ANSWERS:
        answers.append((202, body))
        with pytest.raises(StorageError) as raised:
            applied()
        assert type(raised.value) is error, body


def test_a_request_that_was_not_answered_is_not_sent_again_and_one_that_storage_put_off_is(
    wire: Wire, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.core.pipeline.transport.HttpTransport.sleep", lambda *_: None)
    answers.append(ReadTimeout())
    with pytest.raises(StorageUnavailableError):
        applied()
    assert len(wire.sent) == 1

    answers += [(503, ""), (202, DONE + DONE)]
    assert len(applied()) == 2
    assert len(wire.sent) == 3


def test_only_cells_that_the_service_writes_are_sent_so() -> None:
    mine = [{"T": "x", "N": -1, "B": True}, {}]
    others: list[object] = [None, 1.5, 2**31, b"x", ("1", "Edm.Int64")]

    assert can_send([Write("create", cells) for cells in mine])
    assert [can_send([Write("create", {"C": value})]) for value in others] == [False] * len(others)
