"""Requests as Azure's host reads them: the rules in which it differs from Starlette."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message

from local.host.http.request import http_datum, joined_headers, joined_query, path_segments


def _request(path: bytes = b"/", *, query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": b"a body"}

    scope = {"type": "http", "method": "POST", "scheme": "http", "path": "/decoded", "raw_path": path}
    return Request(scope | {"query_string": query, "headers": [(b"host", b"127.0.0.1:1"), *headers]}, receive)


def _http(request: Request) -> dict[str, Any]:
    datum: dict[str, Any] = asyncio.run(http_datum(request, {})).value
    return datum


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        (b"/", ()),
        (b"/api/a%20b", ("api", "a b")),
        (b"/api/", ("api",)),
        (b"/api/a%2Fb%2fc", ("api", "a%2Fb%2fc")),
        (b"/api//b", ("api", "", "b")),
    ],
)
def test_a_path_is_cut_at_its_slashes_but_not_at_encoded_ones(path: bytes, segments: tuple[str, ...]) -> None:
    assert path_segments(_request(path)) == segments


def test_repeated_query_parameters_are_joined_under_the_first_spelling() -> None:
    assert joined_query(_request(query=b"Name=a+b&name=c&other=")) == {"Name": "a b,c", "other": ""}


def test_headers_are_read_as_utf_8_and_otherwise_as_latin_1() -> None:
    headers = joined_headers(_request(headers=((b"x-a", "é".encode()), (b"x-b", b"\xe9"), (b"x-a", b"2"))))
    assert headers == {"host": "127.0.0.1:1", "x-a": "é,2", "x-b": "é"}


def test_a_function_gets_the_address_as_it_was_sent() -> None:
    request = _request(b"/api/a%20b%2Fc", query=b"q=%20&empty=")
    assert _http(request)["url"].value == "http://127.0.0.1:1/api/a%20b%2Fc?q=%20&empty="


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param(((b"content-length", b"6"),), b"a body", id="with a length"),
        pytest.param(((b"transfer-encoding", b"chunked"),), b"", id="chunked"),
    ],
)
def test_a_body_without_a_length_is_dropped(headers: tuple[tuple[bytes, bytes], ...], body: bytes) -> None:
    assert _http(_request(headers=headers))["body"].value == body
