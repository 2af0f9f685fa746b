"""Sentences: looked up by key, filled in, and said in another language with what was filled in."""

from typing import Any

import pytest

from functions.forms.body import Submission
from functions.forms.form_description import Wording
from functions.forms.validation import FieldError, FormError, validate
from functions.problems.error_table import problem_of
from functions.provider.waiting_view import refusal
from functions.web import render
from functions.web.error_handling import ErrorHandling, Site
from shared.bookings.model.errors import NotForOutsidersError
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content
from shared.content.language.sentences import Sentences
from shared.content.question_catalogue import CATALOGUE
from shared.fields.signs import sign_name
from shared.referrals.errors import NotWaitingError, NotWaitingReason
from shared.wording.sentences import sentence, table
from shared.wording.translation import translated
from tests.unit.functions import http_requests

ENGLISH = {
    "{label} must be {limit} characters or fewer": "{limit} nod neu lai: {label}",
    "Name": "Enw",
    "Enter your email address": "Rhowch eich cyfeiriad e-bost",
    "These sessions are for staff": "I staff y mae'r sesiynau hyn",
}


@pytest.fixture
def welsh(content: Content) -> Content:
    return content.model_copy(update={"sentences": Sentences(ENGLISH)})


def marked(words: str) -> str:
    return f"<{words}>"


def test_a_sentence_is_filled_in_and_knows_how_it_was_made() -> None:
    made = sentence("fields.too-long", label="Name", limit="1,000")

    assert made == "Name must be 1,000 characters or fewer"
    assert translated(made, marked) == "<Name must be 1,000 characters or fewer>"
    assert translated(made, lambda _: "Dim mwy na {limit}: {label}") == "Dim mwy na 1,000: Name"
    assert translated("Anything else", marked) == "<Anything else>"


def test_a_sentence_within_another_is_translated_with_it() -> None:
    name = sentence("fields.name.label")
    made = sentence("fields.too-long", label=name, limit="100")

    assert translated(made, marked) == "<<Name> must be 100 characters or fewer>"


def test_a_sentence_that_is_not_there_or_lacks_a_value_is_an_error() -> None:
    for key, values in (("fields.none", {}), ("fields.too-long", {"label": "Name"})):
        with pytest.raises(KeyError):
            sentence(key, **values)
    with pytest.raises(KeyError):
        table("none")


def test_each_code_that_makes_up_a_key_has_its_sentence() -> None:
    waiting, questions = table("messages.waiting"), table("questions")

    assert waiting.keys() == {*NotWaitingReason, "key-unavailable"}
    assert questions["missing"].keys() == CATALOGUE.keys()
    assert {name: list(options) for name, options in questions["options"].items()} == {
        name: list(each.codes) for name, each in CATALOGUE.items() if each.codes
    }
    assert {sign_name(each) for each in " \t,.:;\"'\n\x00\u00a0\u00ad\ufeff"} == set(table("signs").values())
    assert all("ABC" in refusal("ABC", NotWaitingError(each))[1].message for each in NotWaitingReason)


def messages_of(form: dict[str, Any], content: Content) -> dict[str, str]:
    with pytest.raises(FormError) as error:
        validate(BookingRequest, Submission(form, is_form=True), {"email": sentence("messages.booking.email")})
    return {each.field: each.in_language(content.translate).message for each in error.value.errors}


def test_messages_of_a_form_are_in_the_language_of_the_content(content: Content, welsh: Content) -> None:
    form = {"full_name": "a" * 101}

    assert messages_of(form, content)["full_name"] == "Name must be 100 characters or fewer"
    assert messages_of(form, welsh)["full_name"] == "100 nod neu lai: Enw"
    assert messages_of(form, welsh)["email"] == "Rhowch eich cyfeiriad e-bost"


def test_a_page_and_its_errors_are_in_the_language_of_the_content(welsh: Content) -> None:
    errors = [FieldError("email", sentence("messages.booking.email"))]
    shown = render.render("problem.html", welsh, problem=problem_of(NotForOutsidersError()), errors=errors, site="")

    assert "I staff y mae&#39;r sesiynau hyn" in shown
    assert "Rhowch eich cyfeiriad e-bost" in shown


def test_problem_details_are_in_the_language_of_the_content(welsh: Content) -> None:
    @ErrorHandling(lambda: Site(welsh, ""))
    def handler(req: Any) -> Any:
        raise FormError((FieldError("email", sentence("messages.booking.email")),), {})

    answer = handler(http_requests.get(accept="application/json"))

    assert b"Rhowch eich cyfeiriad e-bost" in answer.get_body()


def test_labels_of_a_form_that_is_described_to_programs_are_in_the_language_of_the_content(welsh: Content) -> None:
    label = Wording(sentence("fields.name.label"), choices=(("1", "Other"),)).in_language(welsh.translate)

    assert label == Wording("Enw", choices=(("1", "Other"),))
