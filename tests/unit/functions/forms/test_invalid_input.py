"""Invalid input from people, browsers and attackers, each with its answer."""

import json
from html import unescape
from typing import Any
from urllib.parse import urlencode

import azure.functions as func
import pytest

from functions.forms.body import FORM, JSON, read_body
from functions.forms.validation import validate
from functions.referrals.form_fields import FormFields
from functions.web.error_handling import ErrorHandling
from functions.web.responses import page
from shared.bookings.places.request import BookingRequest
from shared.referrals.intake.request import referral_model
from tests import builders
from tests.every_row import every_row
from tests.unit.functions import http_requests

MISSING = {
    "session_id": "Select a session",
    "full_name": "Enter your name",
    "email": "Enter your work email address",
    "group_agreement": "Select to confirm you agree",
    "contact_by": "Select how you would like to be contacted",
    "therapy_language": "Select a language",
    "consent_share": "Select to confirm you agree",
    "adjustments": "Enter adjustments as text",
}
BOOKING = {"session_id": "s1", "full_name": "Ann Lee", "email": "ann@nhs.net", "group_agreement": "yes"}
FORM_ASKED = builders.content().one_to_one
REFERRAL_MODEL = referral_model(FORM_ASKED)
REFERRAL = {
    "works_here": "yes",
    "full_name": "Ann Lee",
    "contact_by": "email",
    "email": "ann@example.com",
    "therapy_language": "Welsh",
    "consent_share": "yes",
}
NAME = "Name must not"


def answer_to(req: func.HttpRequest, handle_errors: ErrorHandling, model: type = BookingRequest) -> tuple[int, str]:
    """Status and text of the answer of a handler that only reads and validates."""

    def handler(req: func.HttpRequest) -> func.HttpResponse:
        return page("taken: " + validate(model, read_body(req), MISSING).model_dump_json())

    answer = handle_errors(handler)(req)
    return answer.status_code, unescape(answer.get_body().decode())


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        pytest.param(b"", FORM, 400, "We did not receive the form", id="empty body"),
        pytest.param(b"", JSON, 400, "Go back and try again", id="empty JSON body"),
        pytest.param(b"a=" + b"b" * (64 * 1024 - 1), FORM, 413, "Your answers are too long", id="64 KiB and one"),
        pytest.param(b"[" * 60_000, JSON, 400, "We could not read the form", id="deeply nested JSON"),
        pytest.param(b"[" * 200_000, JSON, 413, "Your answers are too long", id="deeply nested, and too long"),
        pytest.param(b"full_name=\xff", FORM, 400, "We could not read the form", id="invalid UTF-8"),
        pytest.param(b"full_name=%FF", FORM, 400, "We could not read the form", id="invalid UTF-8, percent-encoded"),
        pytest.param(b'{"full_name": "\xff"}', JSON, 400, "We could not read the form", id="invalid UTF-8 in JSON"),
        pytest.param(b"<a/>", "text/xml", 415, "Send a form, or JSON", id="XML"),
        pytest.param(b"a=b", "", 415, "Send a form, or JSON", id="no content type"),
        pytest.param(b"a=b", f"{FORM}; charset=utf-16", 415, "Send a form, or JSON", id="another charset"),
        pytest.param(b"x", "multipart/form-data; boundary=x", 415, "Send a form, or JSON", id="multipart"),
        pytest.param(b"[]", JSON, 400, "We could not read the form", id="JSON array"),
        pytest.param(b"null", JSON, 400, "We could not read the form", id="JSON null"),
        pytest.param(b'{"a": NaN}', JSON, 400, "We could not read the form", id="NaN"),
        pytest.param(b'{"a": -Infinity}', JSON, 400, "We could not read the form", id="Infinity"),
        pytest.param(b'{"a": 1e999}', JSON, 400, "We could not read the form", id="number beyond all bounds"),
        pytest.param(b'{"a": 1, "a": 2}', JSON, 400, "We could not read the form", id="a name twice"),
        pytest.param(b'{"a": {"b": 1, "b": 2}}', JSON, 400, "We could not read the form", id="a name twice, inside"),
        pytest.param(b'{"a": ' + b"1" * 5000 + b"}", JSON, 400, "We could not read the form", id="5,000-digit number"),
        pytest.param(b"&".join([b"a=b"] * 1000), FORM, 400, "We could not read the form", id="1,000 fields"),
    ],
)
def test_a_body_that_is_no_form_is_refused_before_anything_is_made_of_it(
    body: bytes, kind: str, status: int, words: str, handle_errors: ErrorHandling
) -> None:
    found, text = answer_to(http_requests.post(body, kind), handle_errors)
    assert (found, words in text) == (status, True)


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        pytest.param({"email": ""}, "email", "Enter your work email address", id="email blank"),
        pytest.param({"email": "   "}, "email", "Enter your work email address", id="email of spaces"),
        pytest.param({"email": ["a@nhs.net", "b@nhs.net"]}, "email", "Enter one email address", id="email twice"),
        pytest.param({"full_name": ["Ann", "Ben"]}, "full_name", "Enter your name", id="name twice"),
        pytest.param({"full_name": '=HYPERLINK("x")'}, "full_name", f"{NAME} begin with =", id="formula"),
        pytest.param({"full_name": "+1"}, "full_name", f"{NAME} begin with +", id="plus"),
        pytest.param({"full_name": "@x"}, "full_name", f"{NAME} begin with @", id="at"),
        pytest.param({"full_name": "-2+3"}, "full_name", f"{NAME} begin with -", id="minus"),
        pytest.param({"full_name": "\t=1"}, "full_name", f"{NAME} begin with =", id="formula behind a tab"),
        pytest.param(
            {"full_name": "<script>alert(1)</script>"}, "full_name", f"{NAME} include <", id="script for a name"
        ),
        pytest.param(
            {"adjustments": "x" * 501},
            "adjustments",
            "Adjustments must be 500 characters or fewer",
            id="501 characters",
        ),
        pytest.param({"group_agreement": ""}, "group_agreement", "Select to confirm you agree", id="not ticked"),
        pytest.param({"group_agreement": "maybe"}, "group_agreement", "Select to confirm you agree", id="maybe"),
        pytest.param({"reminders": "sometimes"}, "reminders", "Select yes or no", id="radio that is not there"),
        pytest.param({"submission_id": "../x"}, "submission_id", "Enter a valid value", id="submission id made up"),
    ],
)
def test_a_bad_answer_gets_one_plain_sentence_in_a_form_and_in_json(
    given: dict[str, Any], field: str, message: str, handle_errors: ErrorHandling
) -> None:
    fields = BOOKING | given
    status, text = answer_to(http_requests.post(urlencode(fields, doseq=True).encode()), handle_errors)
    assert (status, message in text) == (422, True)
    status, text = answer_to(http_requests.json_post(fields), handle_errors)
    assert status == 422
    assert json.loads(text)["errors"] == [{"field": field, "pointer": f"#/{field}", "detail": message}]


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        pytest.param({"contact_by": "pigeon"}, "contact_by", "Select how you would like to be contacted", id="pigeon"),
        pytest.param({"contact_by": []}, "contact_by", "Select how you would like to be contacted", id="no way"),
        pytest.param({"consent_share": "maybe"}, "consent_share", "Select to confirm you agree", id="maybe"),
        pytest.param({"therapy_language": ""}, "therapy_language", "Select a language", id="no language"),
        pytest.param({"email": ""}, "email", "Enter your work email address", id="no email for email"),
        pytest.param({"contact_by": "text", "phone": "call me"}, "phone", "Enter a phone number", id="no number"),
        pytest.param(
            {"what_brings_you": "x" * 4001},
            "what_brings_you",
            "must be 4,000 characters or fewer",
            id="4,001 characters",
        ),
    ],
)
def test_a_referral_gets_the_same_care(
    given: dict[str, Any], field: str, message: str, handle_errors: ErrorHandling
) -> None:
    status, text = answer_to(http_requests.json_post(REFERRAL | given), handle_errors, REFERRAL_MODEL)
    assert status == 422
    [error] = json.loads(text)["errors"]
    assert error["field"] == field
    assert message in error["detail"]


@pytest.mark.parametrize(
    ("chosen", "needed"), [("email", ["email"]), ("phone", ["phone", "message_ok"]), ("text", ["phone"])]
)
def test_what_the_chosen_way_needs_is_asked_for_beside_its_own_field(
    chosen: str, needed: list[str], handle_errors: ErrorHandling
) -> None:
    given = REFERRAL | {"contact_by": [chosen]}
    given = {name: value for name, value in given.items() if name != "email"}
    status, text = answer_to(http_requests.json_post(given), handle_errors, REFERRAL_MODEL)
    assert (status, [error["field"] for error in json.loads(text)["errors"]]) == (422, needed)


def test_every_field_is_named_at_once_in_the_order_of_the_form(handle_errors: ErrorHandling) -> None:
    status, text = answer_to(http_requests.json_post({}), handle_errors)
    fields = [error["field"] for error in json.loads(text)["errors"]]
    assert (status, fields) == (422, ["session_id", "full_name", "email", "group_agreement"])


@pytest.mark.parametrize("name", ["full_name", "email", "adjustments", "session_id"])
def test_half_of_a_surrogate_pair_is_a_mistake_and_no_failure(name: str, handle_errors: ErrorHandling) -> None:
    status, text = answer_to(http_requests.json_post(BOOKING | {name: "\ud800"}), handle_errors)
    assert (status, [error["field"] for error in json.loads(text)["errors"]]) == (422, [name])


@every_row("value", [None, 3, 1.5, True, [], {}, [None], {"a": 1}])
@every_row("name", ["session_id", "full_name", "email", "submission_id", "adjustments"])
def test_json_of_the_wrong_type_is_a_mistake_and_no_failure(
    name: str, value: Any, handle_errors: ErrorHandling
) -> None:
    status, _ = answer_to(http_requests.json_post(BOOKING | {name: value}), handle_errors)
    assert status == 200 if (name, value) == ("submission_id", None) else status == 422


def test_no_sentence_of_pydantics_is_shown_whatever_the_environment_says(
    handle_errors: ErrorHandling, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYDANTIC_ERRORS_INCLUDE_URL", "false")
    status, text = answer_to(http_requests.json_post(BOOKING | {"session_id": 3, "submission_id": "x"}), handle_errors)
    details = [error["detail"] for error in json.loads(text)["errors"]]
    assert (status, details) == (422, ["Select a session", "Enter a valid value"])


def test_a_field_that_the_form_does_not_have_is_ignored_in_a_form(handle_errors: ErrorHandling) -> None:
    status, text = answer_to(http_requests.form(BOOKING | {"is_admin": "1"}), handle_errors)
    assert (status, "is_admin" in text) == (200, False)


def test_a_field_that_the_form_does_not_have_is_refused_in_json_without_repeating_its_name(
    handle_errors: ErrorHandling,
) -> None:
    status, text = answer_to(http_requests.json_post(BOOKING | {"is_admin": "1"}), handle_errors)
    assert (status, "is_admin" in text) == (422, False)
    assert json.loads(text)["errors"][0]["detail"] == "Leave out fields that this form does not have"


@pytest.mark.parametrize(
    ("typed", "read"), [(b"100%zz", "100%zz"), (b"Ann+Lee", "Ann Lee"), (b"a%2Bb%26c", "a+b&c"), (b"%C3%A9", "é")]
)
def test_a_form_is_decoded_by_the_standard_rules(typed: bytes, read: str) -> None:
    assert read_body(http_requests.post(b"adjustments=" + typed)).values == {"adjustments": read}


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "{{7*7}}", "[x](http://evil)", "😀" * 500])
def test_free_text_is_taken_as_it_is(text: str) -> None:
    submission = read_body(http_requests.form(BOOKING | {"adjustments": text}))
    assert validate(BookingRequest, submission, MISSING).adjustments == text


def test_four_thousand_emoji_are_four_thousand_characters() -> None:
    submission = read_body(http_requests.json_post(REFERRAL | {"what_brings_you": "😀" * 4000}))
    assert len(validate(REFERRAL_MODEL, submission, MISSING).model_dump()["what_brings_you"]) == 4000


def test_a_body_of_exactly_64_kib_is_read() -> None:
    assert read_body(http_requests.post(b"a=" + b"b" * (64 * 1024 - 2))).values == {"a": "b" * (64 * 1024 - 2)}


@pytest.mark.parametrize(
    "kind", ["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"']
)
def test_a_content_type_is_read_as_the_standard_writes_it(kind: str) -> None:
    assert read_body(http_requests.post(b'{"a": 1}', kind)).values == {"a": 1}


def test_a_hundred_fields_are_read_and_one_more_is_not(handle_errors: ErrorHandling) -> None:
    fields = [(f"f{number}", "x") for number in range(100)]
    assert len(read_body(http_requests.form(fields)).values) == 100
    assert answer_to(http_requests.form([*fields, ("f100", "x")]), handle_errors)[0] == 400


@pytest.mark.parametrize(
    ("fields", "language"),
    [
        ({"therapy_language": "another", "therapy_language-another": "Ga"}, "Ga"),
        ({"therapy_language": "", "therapy_language-another": "Ga"}, "Ga"),
        ({"therapy_language": "Welsh", "therapy_language-another": "Ga"}, "Welsh"),
        ({"therapy_language": "Welsh", "therapy_language-another": ""}, "Welsh"),
    ],
)
def test_a_language_typed_beside_another_is_the_language(fields: dict[str, str], language: str) -> None:
    typed = FormFields.of(read_body(http_requests.form(REFERRAL | fields)), FORM_ASKED)
    assert typed.answers(FORM_ASKED)["therapy_language"] == language


def test_another_language_that_is_not_named_is_none() -> None:
    fields = {"therapy_language": "another", "therapy_language-another": " "}
    typed = FormFields.of(read_body(http_requests.form(REFERRAL | fields)), FORM_ASKED)
    assert "therapy_language" not in typed.answers(FORM_ASKED)
