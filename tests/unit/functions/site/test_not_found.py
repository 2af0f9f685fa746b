"""Addresses and methods that no function takes."""

import json
import re
from typing import Any

import azure.functions as func
import pytest

import function_app
import shared.bootstrap
from functions.provider import moved
from functions.site import not_found
from functions.site.not_found import Routes, routes_of
from shared.content.content import Content
from tests.every_row import every_row
from tests.unit.functions import http_requests
from tests.unit.functions.site.test_content_pages import FakeServices

[FUNCTION] = not_found.catch_all_blueprint(function_app.BLUEPRINTS)._function_builders
BINDINGS = [json.loads(each) for each in FUNCTION._function.get_raw_bindings()]
ROUTES = Routes(lambda: routes_of(function_app.BLUEPRINTS))


@pytest.fixture(autouse=True)
def _built(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.bootstrap, "services", lambda: FakeServices(content))


def answer_to(path: str, method: str = "GET", **headers: str) -> func.HttpResponse:
    handler: Any = FUNCTION._function.get_user_function()
    req = func.HttpRequest(method, http_requests.URL, headers=headers, route_params={"path": path}, body=b"")
    answer = handler(req)
    assert isinstance(answer, func.HttpResponse)
    return answer


@pytest.mark.parametrize("path", ["nowhere", "wp-login.php", "bookings/new/x", "manage", "manage/", "assets", ".env"])
def test_an_address_that_no_function_takes_is_a_page_of_ours_with_our_headers(path: str) -> None:
    answer = answer_to(path)
    assert (answer.status_code, "<h1>Page not found</h1>" in answer.get_body().decode()) == (404, True)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_api_client_gets_problem_json() -> None:
    answer = answer_to("nowhere", accept="application/json")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


@every_row(
    "path, method, allowed",
    [
        ("", "POST", "GET, HEAD, OPTIONS"),
        ("sessions", "DELETE", "GET, HEAD, OPTIONS"),
        ("Sessions", "POST", "GET, HEAD, OPTIONS"),
        ("bookings", "GET", "OPTIONS, POST"),
        ("bookings", "HEAD", "OPTIONS, POST"),
        ("health", "PUT", "GET, HEAD, OPTIONS"),
        ("health/details", "POST", "GET, HEAD, OPTIONS"),
        ("manage/abc/cancel", "PUT", "GET, HEAD, OPTIONS, POST"),
        ("manage/abc/reminders", "HEAD", "OPTIONS, POST"),
        ("collect/abc", "PUT", "GET, HEAD, OPTIONS, POST"),
        ("collect/abc/save", "PUT", "GET, HEAD, OPTIONS, POST"),
        ("assets/nhsuk/x.css", "POST", "GET, HEAD, OPTIONS"),
        ("help-now", "PATCH", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_told_which_it_does(path: str, method: str, allowed: str) -> None:
    answer = answer_to(path, method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not [name for name, _ in answer.headers.items() if name.lower().startswith("access-control-")]


def test_every_address_answers_options_with_its_methods_and_opens_nothing_to_another_site() -> None:
    """Also one that there is not: nothing but OPTIONS is taken there."""
    known = dict(routes_of(function_app.BLUEPRINTS))
    paths = {re.sub(r"/?\{[^}]*\}", lambda part: "/x" if part[0][0] == "/" else "", each) for each in known}

    for path in paths | {"nowhere", "admin.php"}:
        answer = answer_to(path, "OPTIONS", origin="https://evil.example", access_control_request_method="PUT")
        allowed = ROUTES.methods_at(path) | {"OPTIONS"}
        assert (answer.status_code, answer.get_body()) == (204, b"")
        assert answer.headers["Allow"] == ", ".join(sorted(allowed))
        assert not [name for name, _ in answer.headers.items() if name.lower().startswith("access-control-")]


def test_every_function_that_takes_get_takes_head_too_because_the_host_adds_none() -> None:
    for role in (function_app.BLUEPRINTS, (moved.bp,)):
        assert [route for route, methods in routes_of(role) if "GET" in methods and "HEAD" not in methods] == []


@pytest.mark.parametrize("path", ["nowhere", "sessions", "bookings"])
def test_another_site_s_form_is_refused_wherever_it_is_sent(path: str) -> None:
    assert answer_to(path, "POST", origin="https://evil.example").status_code == 403


def test_catch_all_takes_every_method_and_its_name_sorts_last() -> None:
    [trigger] = [each for each in BINDINGS if each["type"] == "httpTrigger"]
    names = [str(each.get_function_name()) for each in _functions()]
    assert trigger["route"] == "{*path}"
    assert {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} == set(trigger["methods"])
    assert max(names, key=str.upper) == FUNCTION._function.get_function_name()


def _functions() -> list[Any]:
    return [each._function for each in function_app.app._function_builders]


def test_it_knows_every_address_of_the_app() -> None:
    known = dict(routes_of(function_app.BLUEPRINTS))
    bindings = [binding.get_dict_repr() for each in _functions() for binding in each.get_bindings()]
    routes = {each["route"] for each in bindings if each["type"] == "httpTrigger"}
    assert set(known) == routes - {"{*path}"}
    assert len(known) > 15


@every_row(
    "template, path, taken",
    [
        ("a/{b}", "a/x", True),
        ("a/{b}", "a/", False),
        ("a/{b}", "a/x/y", False),
        ("a/{b}/c", "a/x/c", True),
        ("a/{b:length(3)}", "a/xyz", True),
        ("a/{b:length(3)}", "a/xy", False),
        ("a/{*rest}", "a/x/y/z", True),
        ("{root:maxlength(0)?}", "", True),
        ("{root:maxlength(0)?}", "x", False),
        ("a/{b}/{c?}", "a/x", True),
        ("a/{b}/{c?}", "a/x/y", True),
        ("a/{b}/{c?}", "a/x/", False),
        ("a/{b}/{c?}", "a/x/y/z", False),
        ("a/{b}/{c?}", "a", False),
        ("a.json", "a.json", True),
        ("a.json", "aXjson", False),
    ],
)
def test_a_template_is_read_as_the_host_reads_it(template: str, path: str, taken: bool) -> None:
    routes = Routes(lambda: [(template, frozenset({"GET"}))])
    assert bool(routes.methods_at(path)) is taken
