"""Responses, cookies and metadata at the border between function and host."""

from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest

from local.host.app.runtime import Datum
from local.host.http.cookies import set_cookie_headers
from local.host.http.response import function_response
from local.host.queues.backoff import Backoff
from local.host.queues.metadata import queue_metadata


def _http(status: str, headers: dict[str, str], body: bytes = b"") -> Datum:
    texts = {name: Datum(value, "string") for name, value in headers.items()}
    value = {"status_code": Datum(status, "string"), "headers": texts, "body": Datum(body, "bytes"), "cookies": None}
    return Datum(value, "http")


def test_a_response_is_passed_on() -> None:
    response = function_response(_http("201", {"location": "/here"}, b"made"))
    assert (response.status_code, response.body) == (201, b"made")
    assert response.raw_headers == [(b"content-length", b"4"), (b"location", b"/here")]


def test_first_spelling_of_a_header_wins_except_for_content_type() -> None:
    headers = {"Vary": "a", "vary": "b", "Content-Type": "x/y", "content-type": "text/html"}
    response = function_response(_http("200", headers))
    assert response.raw_headers == [(b"content-length", b"0"), (b"Vary", b"a"), (b"content-type", b"text/html")]


def test_the_length_is_the_servers_business() -> None:
    assert function_response(_http("200", {"Content-Length": "99"}, b"x")).raw_headers == [(b"content-length", b"1")]


def test_a_body_where_the_status_allows_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="cannot have a body"):
        function_response(_http("204", {}, b"x"))


@pytest.mark.parametrize(
    ("text", "status", "body"),
    [
        ("hello", 200, b"hello"),
        ('{"a":1}', 200, b'{\n  "a": 1\n}'),
        ('{"body":"hi","status":"404"}', 404, b"hi"),
        ('{"Body":{"a":1},"statusCode":201}', 201, b'{\n  "a": 1\n}'),
    ],
)
def test_a_plain_text_is_tried_as_json_and_as_a_whole_response(text: str, status: int, body: bytes) -> None:
    response = function_response(Datum(text, "string"))
    assert (response.status_code, response.body) == (status, body)


@pytest.mark.parametrize(
    ("cookie", "header"),
    [
        ("a=1", "a=1"),
        ('a="x y;z"; Path=/', "a=x%20y%3Bz; path=/"),
        ("a=1; Domain=example.org; Path=/x", "a=1; domain=example.org; path=/x"),
        ("a=1; Max-Age=0; Secure; HttpOnly; SameSite=None", "a=1; max-age=0; secure; samesite=none; httponly"),
        ("a=1; Expires=Fri, 01 Sep 2023 09:00:00 GMT", "a=1; expires=Fri, 01 Sep 2023 09:00:00 GMT"),
        ("a=1; SameSite=Sometimes", "a=1"),
    ],
)
def test_a_cookie_is_printed_as_asp_net_prints_it(cookie: str, header: str) -> None:
    assert list(set_cookie_headers([SimpleCookie(cookie)])) == [header]


def test_an_unreadable_date_in_a_cookie_is_an_error() -> None:
    with pytest.raises(ValueError, match="time data"):
        list(set_cookie_headers([SimpleCookie("a=1; Expires=Fri, 01-Sep-2023 09:00:00 GMT")]))


def _metadata(text: str | None) -> dict[str, tuple[Any, Any]]:
    at = datetime(2023, 9, 1, 9, 0, tzinfo=UTC)
    found = queue_metadata(text, dequeue_count=2, times={"InsertionTime": at}, message_id="m", pop_receipt=None)
    return {name: (datum.type, datum.value) for name, datum in found.items()}


def test_the_metadata_of_a_message_has_the_shapes_of_azure() -> None:
    assert _metadata("hello") == {
        "QueueTrigger": ("string", "hello"),
        "DequeueCount": ("json", "2"),
        "InsertionTime": ("json", '"2023-09-01T09:00:00+00:00"'),
        "Id": ("string", "m"),
    }


def test_fields_of_the_body_overwrite_metadata_whatever_their_case() -> None:
    found = _metadata('{"ID":"theirs","n":1,"yes":true,"none":null,"list":[1],"at":"2023-09-08T15:00:00Z","o":{"a":1}}')
    assert found["Id"] == ("string", "theirs")
    assert (found["n"], found["yes"]) == (("string", "1"), ("string", "True"))
    assert found["at"] == ("string", "09/08/2023 15:00:00")
    assert found["o"] == ("json", '{"a": 1}')
    assert not {"ID", "none", "list"} & set(found)


@pytest.mark.parametrize("text", [None, "{oops}", "[1]", "plain"])
def test_a_body_that_is_no_object_adds_nothing(text: str | None) -> None:
    assert set(_metadata(text)) - {"QueueTrigger"} == {"DequeueCount", "InsertionTime", "Id"}


def test_delays_grow_from_the_shortest_to_the_longest_and_start_anew() -> None:
    backoff = Backoff(timedelta(milliseconds=100), timedelta(seconds=2))
    delays = [backoff.next_seconds() for _ in range(10)]
    assert delays[0] == pytest.approx(0.1)
    assert 0.18 <= delays[1] <= 0.22
    assert 0.34 <= delays[2] <= 0.46
    assert delays[-1] == 2
    backoff.reset()
    assert backoff.next_seconds() == pytest.approx(0.1)
