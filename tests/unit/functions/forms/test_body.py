"""Reading forms, whatever comes."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.forms.body import FORM, JSON, BodyError, Submission, read_body
from functions.forms.negotiation import wants_json
from functions.forms.validation import FormError, validate
from shared.bookings.places.request import BookingRequest
from shared.content.question import FormQuestion
from shared.content.question_catalogue import CATALOGUE
from shared.referrals.intake.request import referral_model
from tests import builders
from tests.unit.functions import http_requests

REFERRAL = referral_model(builders.content().one_to_one)
FIELDS = sorted(BookingRequest.model_fields.keys() | REFERRAL.model_fields.keys())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine is no failure


def refused_body(body: bytes, kind: str) -> BodyError | None:
    try:
        read_body(http_requests.post(body, kind))
    except BodyError as error:
        return error
    return None


def refused_answers(model: type[BaseModel], submission: Submission) -> FormError | None:
    try:
        validate(model, submission, {})
    except FormError as error:
        return error
    return None


@unhurried
@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode), st.sampled_from([FORM, JSON, "text/plain"]))
def test_no_body_can_make_reading_fail_in_another_way_than_a_body_error(body: bytes, kind: str) -> None:
    error = refused_body(body, kind)
    assert error is None or str(error) == ""


@unhurried
@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), ANYTHING), st.booleans())
def test_no_answers_can_make_validating_fail_in_another_way_than_a_form_error(
    values: dict[str, Any], is_form: bool
) -> None:
    for model in (BookingRequest, REFERRAL):
        error = refused_answers(model, Submission(dict(values), is_form=is_form))
        assert error is None or {each.field for each in error.errors} <= {*model.model_fields, ""}


def test_answers_come_back_as_they_were_typed() -> None:
    fields = [
        ("full_name", " Ann "),
        ("email", "nonsense"),
        ("contact_by", "email"),
        ("contact_by", "text"),
        ("x", "y"),
    ]
    with pytest.raises(FormError) as caught:
        validate(REFERRAL, read_body(http_requests.form(fields)), {})
    assert caught.value.values == {"full_name": " Ann ", "email": "nonsense", "contact_by": ["email", "text"]}


def test_one_box_of_several_comes_back_as_a_list() -> None:
    with pytest.raises(FormError) as caught:
        validate(REFERRAL, read_body(http_requests.form({"contact_by": "email"})), {})
    assert caught.value.values == {"contact_by": ["email"]}


def test_half_of_a_surrogate_pair_comes_back_as_something_that_a_page_can_show() -> None:
    with pytest.raises(FormError) as caught:
        validate(BookingRequest, Submission({"full_name": "Ann \ud800"}, is_form=False), {})
    assert caught.value.values == {"full_name": "Ann ?"}


def test_every_way_that_was_chosen_and_cannot_be_used_is_named_at_once() -> None:
    with pytest.raises(FormError) as caught:
        validate(REFERRAL, Submission({"contact_by": ["email", "text"]}, is_form=True), {})
    assert {"email", "phone"} <= {error.field for error in caught.value.errors}


@pytest.mark.parametrize(("given", "kept"), [("submission-0123456789", "submission-0123456789"), ("damaged", "")])
def test_a_form_is_sent_again_as_the_same_submission_unless_its_id_is_damaged(given: str, kept: str) -> None:
    with pytest.raises(FormError) as caught:
        validate(BookingRequest, read_body(http_requests.form({"submission_id": given})), {})
    assert caught.value.submission_id == kept


def test_nothing_that_was_typed_stands_in_an_exception() -> None:
    submission = read_body(http_requests.form({"full_name": "Ann Secret", "email": "secret"}))
    with pytest.raises(FormError) as caught:
        validate(BookingRequest, submission, {})
    assert "ecret" not in f"{caught.value!r} {submission!r}"
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (http_requests.BROWSER, False),
        ("*/*", False),
        ("", False),
        ("application/json", True),
        ("application/problem+json", True),
        ("application/json, text/plain, */*", True),
        ("text/html;q=0.5, application/json", True),
        ("text/html, application/json;q=0.9", False),
        ("image/png", False),
        ("garbage;;q=x", False),
    ],
)
def test_json_is_what_the_accept_header_prefers(accept: str, wanted: bool) -> None:
    assert wants_json(http_requests.get(accept=accept)) is wanted


def test_whoever_sends_json_is_answered_in_json() -> None:
    assert wants_json(http_requests.json_post({}, accept="*/*"))
    assert not wants_json(http_requests.form({}, accept="*/*"))


def test_a_field_may_have_its_name_of_before() -> None:
    for text, kind in ((b"works_for_trust=yes&email=a", FORM), (b'{"works_for_trust": "yes", "email": "a"}', JSON)):
        assert read_body(http_requests.post(text, kind)).values == {"works_here": "yes", "email": "a"}
    both = read_body(http_requests.post(b'{"works_for_trust": "no", "works_here": "yes"}', JSON))
    assert both.values == {"works_for_trust": "no", "works_here": "yes"}
    error = refused_answers(BookingRequest, both)
    assert error is not None
    assert "" in {each.field for each in error.errors}, "a program that says both is told of it"


def test_a_content_file_may_have_a_questions_name_of_before() -> None:
    asked = {"ask": "works_for_trust", "label": "Do you work here?", "short": "Work"}
    assert FormQuestion.model_validate(asked).ask == "works_here"
    assert "works_for_trust" not in CATALOGUE
