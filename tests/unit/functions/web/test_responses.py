"""Answers, and what becomes of a handler's exceptions."""

import inspect
import json
import logging
import re
import typing
from datetime import timedelta
from types import SimpleNamespace

import azure.functions as func
import pytest

from functions.forms.validation import FieldError, FormError
from functions.problems.error_table import PROBLEMS
from functions.problems.http_errors import MethodNotAllowedError, PageNotFoundError
from functions.site.assets import get_asset
from functions.web import error_handling
from functions.web.error_handling import ErrorHandling, Site
from functions.web.render import ASSETS
from functions.web.responses import json_body, page, problem, see_other
from shared.bookings.model.errors import BookingsBusyError, SessionFullError
from shared.config.settings import SettingsError
from shared.content.content import Content, ContentError
from shared.referrals.errors import (
    LinkExpiredError,
    NotWaitingError,
    NotWaitingReason,
    PassphraseTooSoonError,
    ReferralReusedError,
    ReferralWithdrawnError,
)
from tests.builders import content
from tests.unit.functions import http_requests

FIELDS = (FieldError("email", "Enter one email address"), FieldError("", "Leave it out"))
WRONG = FormError(FIELDS, {"email": "a@b, c@d"})


def answer_to_error(handle_errors: ErrorHandling, error: Exception, req: func.HttpRequest) -> func.HttpResponse:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise error

    return handle_errors(handler)(req)


def _instance(kind: type[Exception]) -> Exception:
    if issubclass(kind, FormError):
        return kind(WRONG.errors, WRONG.values)
    told: dict[type[Exception], tuple[object, ...]] = {
        SettingsError: ({},),
        ReferralReusedError: ("ABCD1234",),
        ReferralWithdrawnError: ("ABCD1234",),
        LinkExpiredError: ("ABCD1234",),
        PassphraseTooSoonError: (timedelta(seconds=1),),
        NotWaitingError: (NotWaitingReason.UNKNOWN,),
    }
    return kind(*told.get(kind, ()))


def each_kind_of_answer(handle_errors: ErrorHandling) -> list[func.HttpResponse]:
    errors = [_instance(kind) for kind in PROBLEMS]
    asked = [
        http_requests.get(),
        http_requests.get(accept="application/json"),
        http_requests.form({}, origin="https://evil.example"),
    ]
    return [
        page("<p>"),
        page("<p>", 422),
        json_body({}),
        see_other("/sessions"),
        problem(400, "t", "d"),
        get_asset(http_requests.get("nowhere")),
        *(answer_to_error(handle_errors, error, req) for error in [*errors, KeyError("x")] for req in asked),
    ]


def test_every_answer_carries_the_security_headers_and_is_never_cached(handle_errors: ErrorHandling) -> None:
    for answer in each_kind_of_answer(handle_errors):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        assert "camera=()" in answer.headers["Permissions-Policy"]


def test_no_answer_lets_another_site_frame_it_script_it_or_take_its_forms(handle_errors: ErrorHandling) -> None:
    for answer in each_kind_of_answer(handle_errors):
        policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["style-src"] == policy["img-src"] == "'self'"
        assert all(source == "'self'" or source.startswith("'sha256-") for source in policy["script-src"].split())


def test_no_answer_allows_another_origin_to_read_it(handle_errors: ErrorHandling) -> None:
    for answer in each_kind_of_answer(handle_errors):
        assert not [name for name, _ in answer.headers.items() if name.lower().startswith("access-control-")]


def test_an_asset_may_be_kept_for_a_year_and_is_guarded_all_the_same() -> None:
    answer = get_asset(http_requests.get(f"{ASSETS.removeprefix('/assets/')}/manifest.json"))
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


def test_problem_details_point_at_each_field() -> None:
    answer = problem(422, "Wrong", "Put it right.", FIELDS, "/problems/answers")
    assert answer.mimetype == "application/problem+json"
    assert json.loads(answer.get_body()) == {
        "type": "/problems/answers",
        "title": "Wrong",
        "status": 422,
        "detail": "Put it right.",
        "errors": [
            {"field": "email", "pointer": "#/email", "detail": "Enter one email address"},
            {"field": "", "pointer": "#", "detail": "Leave it out"},
        ],
    }


@pytest.mark.parametrize("location", ["https://evil.example/", "//evil.example", "/\\evil.example", "", "sessions"])
def test_no_one_is_redirected_to_another_site(location: str) -> None:
    with pytest.raises(ValueError, match="must be a path"):
        see_other(location)


def test_a_form_is_answered_by_sending_the_browser_on() -> None:
    answer = see_other("/bookings/7K2?session=s1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/bookings/7K2?session=s1")


def test_an_exception_is_a_page_for_a_person(handle_errors: ErrorHandling) -> None:
    answer = answer_to_error(handle_errors, SessionFullError("s1"), http_requests.form({}))
    text = answer.get_body().decode()
    assert (answer.status_code, answer.mimetype) == (409, "text/html")
    assert "<h1>This session is full</h1>" in text
    assert 'href="/sessions"' in text
    assert "nhsuk-error-summary" not in text


@pytest.mark.parametrize("req", [http_requests.get(accept="application/json"), http_requests.json_post({})])
def test_an_exception_is_problem_details_for_a_program(req: func.HttpRequest, handle_errors: ErrorHandling) -> None:
    answer = answer_to_error(handle_errors, SessionFullError("s1"), req)
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert json.loads(answer.get_body())["type"] == "/problems/session-full"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_busy_service_says_when_to_try_again(accept: str, handle_errors: ErrorHandling) -> None:
    answer = answer_to_error(handle_errors, BookingsBusyError("s1"), http_requests.get(accept=accept))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_an_unexpected_exception_is_a_page_with_the_code_that_stands_in_the_log(
    handle_errors: ErrorHandling, caplog: pytest.LogCaptureFixture
) -> None:
    answer = answer_to_error(handle_errors, KeyError("Ann Secret"), http_requests.form({}))
    [record] = caplog.records
    code = record.getMessage().split()[1].rstrip(":")
    assert (answer.status_code, record.levelno) == (500, logging.ERROR)
    assert f'<strong translate="no">{code}</strong>' in answer.get_body().decode()
    assert "KeyError at" in record.getMessage()
    assert "test_responses.py" in record.getMessage()


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("error", [ValueError("Ann Secret"), BookingsBusyError("Ann Secret"), WRONG])
def test_neither_log_nor_answer_repeats_what_an_exception_says(
    error: Exception, accept: str, handle_errors: ErrorHandling, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        raise error from RuntimeError("cause: Ann Secret")

    answer = handle_errors(handler)(http_requests.form({"full_name": "Ann Secret"}, accept=accept))
    assert "Secret" not in caplog.text + answer.get_body().decode()
    assert not any(record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    ("error", "line"),
    [(WRONG, "answered 422: FormError"), (SessionFullError("Ann Secret"), "answered 409: SessionFullError")],
)
def test_a_refusal_is_logged_by_its_status_and_kind_alone(
    error: Exception, line: str, handle_errors: ErrorHandling, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)

    answer_to_error(handle_errors, error, http_requests.form({"full_name": "Ann Secret"}))
    answer_to_error(handle_errors, error, http_requests.form({}, origin="https://evil.example"))

    assert caplog.messages == [line, "answered 403: CrossSiteFormError"]


def test_the_log_says_what_led_to_an_unexpected_exception(
    handle_errors: ErrorHandling, caplog: pytest.LogCaptureFixture
) -> None:
    def handler(req: func.HttpRequest) -> func.HttpResponse:
        parts: dict[str, str] = {}
        try:
            return page(parts["x"])
        except KeyError as error:
            raise RuntimeError from error

    handle_errors(handler)(http_requests.get())
    assert "RuntimeError at" in caplog.text
    assert ", after KeyError at" in caplog.text


def test_settings_that_are_missing_are_named_in_the_log_and_to_no_one_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def site() -> Site:
        raise SettingsError({"SITE_URL": "missing"})

    answer = answer_to_error(ErrorHandling(site), SettingsError({"SITE_URL": "missing"}), http_requests.get())
    text = answer.get_body().decode()
    assert (answer.status_code, "SITE_URL" in caplog.text, "SITE_URL" in text) == (503, True, False)
    assert "<h1>The service is not ready</h1>" in text
    assert answer.headers["Retry-After"] == "300"


def test_an_unreadable_content_file_still_gets_a_page() -> None:
    def site() -> Site:
        raise ContentError("the content file cannot be read")

    text = answer_to_error(ErrorHandling(site), ContentError("it"), http_requests.get()).get_body().decode()
    assert "<h1>The service is not ready</h1>" in text
    assert "<title>The service is not ready</title>" in text


def test_a_handler_whose_errors_reach_the_wrapper_names_every_field(handle_errors: ErrorHandling) -> None:
    text = answer_to_error(handle_errors, WRONG, http_requests.form({})).get_body().decode()
    assert "Enter one email address" in text
    assert "a@b" not in text


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site", "origin": "null"},
        {"sec_fetch_site": "Cross-Site", "origin": "https://support.example"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "same-site", "origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "https://support.example.evil.example"},
        {"origin": "https://support.example:8443"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"origin": "http://[garbage"},
    ],
)
def test_a_form_that_another_site_sent_is_refused(headers: dict[str, str], handle_errors: ErrorHandling) -> None:
    ran: list[str] = []

    def handler(req: func.HttpRequest) -> func.HttpResponse:
        ran.append("ran")
        return page("taken")

    answer = handle_errors(handler)(http_requests.form({}, **headers))
    assert (answer.status_code, ran) == (403, [])
    assert b"This form was sent from another website" in answer.get_body()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null", "sec_fetch_site": "same-origin"},  # what Chromium sends from our own pages
        {"origin": "null"},
        {"origin": "https://support.example", "sec_fetch_site": "same-origin"},
        {"origin": "https://SUPPORT.example:443"},
        {"origin": "https://www.known.example"},
        {"sec_fetch_site": "none"},
        {"sec_fetch_site": "same-site", "origin": "https://www.known.example"},
    ],
)
def test_a_form_of_our_own_is_taken(headers: dict[str, str], handle_errors: ErrorHandling) -> None:
    answer = handle_errors(lambda req: page("taken"))(http_requests.form({}, **headers))
    assert answer.status_code == 200


def test_following_a_link_from_another_site_is_no_offence(handle_errors: ErrorHandling) -> None:
    req = http_requests.get(sec_fetch_site="cross-site", origin="https://evil.example")
    assert handle_errors(lambda req: page("read"))(req).status_code == 200


def test_a_wrapped_handler_looks_to_the_functions_indexer_as_it_did_before(handle_errors: ErrorHandling) -> None:
    def book(req: func.HttpRequest, nudge: func.Out[str]) -> func.HttpResponse:
        return page("taken")

    wrapped = handle_errors(book)
    assert inspect.signature(wrapped) == inspect.signature(book)
    assert typing.get_type_hints(wrapped) == typing.get_type_hints(book)
    assert wrapped.__name__ == "book"
    assert inspect.iscoroutinefunction(wrapped) is False


def test_the_functions_host_calls_by_name(handle_errors: ErrorHandling) -> None:
    def book(req: func.HttpRequest, nudge: str) -> func.HttpResponse:
        return page(nudge)

    assert handle_errors(book)(nudge="set", req=http_requests.get()).get_body() == b"set"


def test_the_service_answers_with_its_own_copy(content: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    built = SimpleNamespace(content=content, site_url="https://www.known.example")
    monkeypatch.setattr("shared.bootstrap.services", lambda: built)
    answer = answer_to_error(
        error_handling.handle_errors, SessionFullError("s1"), http_requests.form({}, origin=built.site_url)
    )
    assert (answer.status_code, content.organisation.name in answer.get_body().decode()) == (409, True)


@pytest.mark.parametrize("error", [PageNotFoundError(), MethodNotAllowedError(["GET"]), RuntimeError()])
def test_an_error_page_of_the_worker_leads_to_no_page_that_it_does_not_have(error: Exception) -> None:
    site = Site(content(), "https://www.known.example", is_worker=True)

    answer = answer_to_error(ErrorHandling(lambda: site), error, http_requests.get(accept=http_requests.BROWSER))

    links = re.findall(r'href="([^"]+)"', answer.get_body().decode())
    assert [link for link in links if not link.startswith((f"{ASSETS}/", "https://", "mailto:", "tel:", "#"))] == []
    assert "https://www.known.example/" in links
