"""HTTP triggers behave as in Azure, not as in a web framework."""

import base64
import http.client

import pytest

from tests.integration.host.conftest import RunningHost


def test_a_request_reaches_the_function_as_azure_would_hand_it_over(host: RunningHost) -> None:
    answer = host.call("POST", "/api/echo/7?Name=a+b&name=c", body=b"\xff\x00", headers={"X-Custom": "One"})
    seen = answer.json
    assert (seen["method"], seen["route"]) == ("POST", {"number": "7"})
    assert seen["url"] == f"http://127.0.0.1:{host.port}/api/echo/7?Name=a+b&name=c"
    assert seen["params"] == {"Name": "a b,c"}
    assert seen["headers"]["x-custom"] == "One"
    assert base64.b64decode(seen["body"]) == b"\xff\x00"


def test_query_parameters_without_a_value_are_dropped(host: RunningHost) -> None:
    assert host.get("/api/echo?kept=1&empty=&bare").json["params"] == {"kept": "1"}


def test_repeated_headers_are_joined_with_commas(host: RunningHost) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
    connection.putrequest("GET", "/api/seen/nothing")
    connection.endheaders()
    connection.getresponse().read()
    connection.putrequest("GET", "/api/echo")
    connection.putheader("X-Twice", "one")
    connection.putheader("x-twice", "two")
    connection.endheaders()
    body = connection.getresponse().read()
    connection.close()
    assert b'"x-twice": "one,two"' in body


def test_a_chunked_body_arrives_empty(host: RunningHost) -> None:
    answer = host.call("POST", "/api/echo", body=iter([b"some", b"thing"]), chunked=True)
    assert (answer.status, answer.json["body"]) == (200, "")


def test_routes_do_not_mind_case_and_a_function_without_a_route_has_its_name(host: RunningHost) -> None:
    assert host.get("/API/Named_After_Itself").body == b"a body"


def test_a_catch_all_parameter_takes_the_rest_of_the_path(host: RunningHost) -> None:
    assert host.get("/api/files/a/b%20c/d").json == {"path": "a/b c/d"}
    assert host.get("/api/files").json == {}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/echo/seven", id="the constraint is not met"),
        pytest.param("GET", "/api/echo/7/8", id="the path is longer"),
        pytest.param("GET", "/echo", id="the prefix is missing"),
        pytest.param("DELETE", "/api/cookies", id="the method is another one"),
        pytest.param("HEAD", "/api/cookies", id="HEAD is not declared"),
        pytest.param("GET", "/api/nothing-here", id="there is no such route"),
        pytest.param("GET", "/admin/nothing-here", id="there is no such endpoint"),
    ],
)
def test_what_no_route_takes_is_not_found(host: RunningHost, method: str, path: str) -> None:
    assert host.call(method, path).status == 404


def test_a_declared_head_is_handled_and_gets_no_body(host: RunningHost) -> None:
    answer = host.call("HEAD", "/api/named_after_itself")
    assert (answer.status, answer.body, answer.all("X-Method")) == (200, b"", ["HEAD"])


def test_only_set_cookie_may_repeat_in_an_answer(host: RunningHost) -> None:
    answer = host.get("/api/cookies")
    assert answer.status == 204
    assert answer.all("Set-Cookie") == ["a=1; path=/; samesite=lax; httponly", "b=two%20words; max-age=60; secure"]
    assert answer.all("Vary") == ["Accept"]


def test_an_uncaught_exception_becomes_500_without_a_body_and_is_logged(host: RunningHost) -> None:
    answer = host.get("/api/boom")
    assert (answer.status, answer.body) == (500, b"")
    assert 'raise RuntimeError("boom")' in host.child.log_text()


def test_a_plain_text_that_is_json_is_printed_again(host: RunningHost) -> None:
    answer = host.call("PUT", "/api/from_blueprint")
    assert answer.body.decode() == '{\n  "a": 1,\n  "when": "2023-09-08T14:00:00+00:00"\n}'
    assert answer.all("Content-Type") == ["text/plain; charset=utf-8"]


def test_a_disabled_function_is_not_found(host: RunningHost) -> None:
    assert host.get("/api/switched_off").status == 404


def test_sync_functions_run_in_the_threads_of_the_runtime(host: RunningHost) -> None:
    assert host.get("/api/threads").body.startswith(b"ThreadPoolExecutor")


def test_the_home_page_answers_at_the_root(host: RunningHost) -> None:
    assert host.get("/").status == 200
