"""Form tokens and the honeypot: forms from our pages are accepted, and automated ones are not."""

import html
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import azure.functions as func
import pytest

import functions.bookings.book
import functions.bookings.steps
import functions.referrals.outcome
import functions.referrals.refer
import shared.bootstrap
from functions.forms.body import Submission
from functions.forms.tokens import HONEYPOT, FormTokenError, check_form_token, is_bot, issue_token
from shared.bookings.places.request import BookingRequest
from shared.content.content import Content
from shared.referrals.intake.request import referral_model
from shared.signing import Signer
from tests.builders import MORNING
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.fake_services import SIGNER, FakeServices

SUBMISSION = "submission-0123456789"
FORM = "booking"
AGAIN = "Check your answers and send again"
SECOND = timedelta(seconds=1)
A_MINUTE_LATER = MORNING + timedelta(minutes=1)
SIGNATURE_CHARS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def token(form: str = FORM, submission_id: str = SUBMISSION, now: datetime = MORNING) -> str:
    return issue_token(SIGNER, form, submission_id, now)


def sent(**fields: object) -> Submission:
    values: dict[str, object] = {"submission_id": SUBMISSION, "form_token": token(), "full_name": "Zoë"}
    return Submission({name: each for name, each in (values | fields).items() if each is not None}, is_form=True)


def passes(submission: Submission, now: datetime = A_MINUTE_LATER, form: str = FORM) -> bool:
    try:
        check_form_token(BookingRequest, submission, SIGNER, form, now)
    except FormTokenError:
        return False
    return True


@pytest.mark.parametrize(
    ("age", "taken"),
    [
        pytest.param(timedelta(0), False, id="at once"),
        pytest.param(3 * SECOND - timedelta(milliseconds=1), False, id="just under 3 seconds"),
        pytest.param(3 * SECOND, True, id="3 seconds"),
        pytest.param(timedelta(hours=24) - timedelta(milliseconds=1), True, id="just under 24 hours"),
        pytest.param(timedelta(hours=24), False, id="24 hours"),
        pytest.param(timedelta(hours=25), False, id="25 hours"),
        pytest.param(timedelta(days=3650), False, id="ten years"),
        pytest.param(-SECOND, False, id="before it was made"),
    ],
)
def test_a_form_is_taken_between_3_seconds_and_24_hours_after_it_was_handed_out(age: timedelta, taken: bool) -> None:
    assert passes(sent(), MORNING + age) is taken


def test_a_form_is_taken_as_often_as_it_is_sent() -> None:
    assert [passes(sent()) for _ in range(5)] == [True] * 5


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"form_token": None}, id="none"),
        pytest.param({"form_token": [token(), token()]}, id="twice"),
        pytest.param({"form_token": "x" * 10_000}, id="very long"),
        pytest.param({"form_token": token(form="one-to-one")}, id="another form's"),
        pytest.param({"form_token": token(submission_id="submission-9876543210")}, id="another submission's"),
        pytest.param({"form_token": token().partition(".")[0]}, id="no signature"),
        pytest.param({"form_token": f"{token().partition('.')[0]}."}, id="empty signature"),
        pytest.param({"form_token": f".{token().partition('.')[2]}"}, id="no time"),
        pytest.param({"form_token": f"٣{token()[1:]}"}, id="time in other digits"),
        pytest.param({"form_token": f"0{token()}"}, id="time with a zero before it"),
        pytest.param({"submission_id": None}, id="no submission id"),
        pytest.param({"submission_id": [SUBMISSION, SUBMISSION]}, id="submission id twice"),
    ],
)
def test_no_other_token_is_taken(given: dict[str, object]) -> None:
    assert not passes(sent(**given))


def test_a_token_changed_in_any_one_character_is_not_taken() -> None:
    given = token()
    changed = [
        given[:place] + char + given[place + 1 :]
        for place in range(len(given))
        for char in SIGNATURE_CHARS + "."
        if char != given[place]
    ]

    assert len(changed) > 2000
    assert [each for each in changed if passes(sent(form_token=each))] == []


def test_a_token_signed_with_another_key_or_for_another_purpose_is_not_taken() -> None:
    issued = token().partition(".")[0]
    foreign = Signer((b"x" * 32,)).proof("form", FORM, SUBMISSION, issued)
    other = SIGNER.proof("booked", FORM, SUBMISSION, issued)

    assert not passes(sent(form_token=f"{issued}.{foreign}"))
    assert not passes(sent(form_token=f"{issued}.{other}"))
    assert passes(sent(form_token=f"{issued}.{SIGNER.proof('form', FORM, SUBMISSION, issued)}"))


def test_a_token_holds_a_time_and_a_signature_and_nothing_of_the_person() -> None:
    assert re.fullmatch(r"1693555200000\.[A-Za-z0-9_-]{22}", token())


def test_json_needs_no_token_and_has_no_field_for_programmes() -> None:
    submission = Submission({"full_name": "Zoë", HONEYPOT: "x"}, is_form=False)

    assert passes(submission)
    assert not is_bot(submission)


def test_what_was_answered_comes_back_and_the_error_s_text_holds_none_of_it(content: Content) -> None:
    with pytest.raises(FormTokenError) as caught:
        check_form_token(
            referral_model(content.one_to_one),
            sent(form_token=None, contact_by=["email", "text"]),
            SIGNER,
            FORM,
            A_MINUTE_LATER,
        )

    error = caught.value
    assert (error.values["full_name"], error.values["contact_by"]) == ("Zoë", ["email", "text"])
    assert error.submission_id == SUBMISSION
    assert [(each.field, each.message) for each in error.errors] == [("", AGAIN)]
    assert "Zoë" not in str(error)


@pytest.mark.parametrize(("filled", "bot"), [(None, False), ("http://buy.example", True), (["a", "b"], True)])
def test_only_a_bot_fills_in_the_hidden_field(filled: object, bot: bool) -> None:
    assert is_bot(sent(**{HONEYPOT: filled})) is bot


# The two blueprints, with services that remember what reached them.


@dataclass
class Form:
    """One of the two forms: how it is shown, where it is posted, and answers that have nothing wrong with them."""

    show: Any
    take: Any
    outcome: Any
    answers: dict[str, str]
    title: str
    ticked: int


FORMS = {
    "booking": Form(
        functions.bookings.steps.booking_form,
        functions.bookings.book.book,
        functions.bookings.book.booking_outcome,
        {"session_id": "s1", "full_name": "Zoë O’Neill", "email": "zoe@example.nhs.uk", "group_agreement": "yes"},
        "You have booked a place",
        ticked=0,  # the page for checking asks nothing
    ),
    "one-to-one": Form(
        functions.referrals.refer.one_to_one_form,
        functions.referrals.refer.refer,
        functions.referrals.outcome.referral_outcome,
        {
            "need_help_now": "no",
            "works_here": "yes",
            "full_name": "Zoë",
            "contact_by": "email",
            "email": "zoe@home.example",
            "therapy_language": "another",
            "therapy_language-another": "Ga & Twi",
            "what_brings_you": "A long <story>",
            "consent_share": "yes",
        },
        "We have received your form",
        ticked=1,
    ),
}


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content, FakeClock(MORNING))
    forms = (functions.bookings.steps, functions.bookings.book, functions.referrals.refer)
    for module in (*forms, functions.referrals.outcome, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest) -> Form:
    return FORMS[request.param]


class Hidden(HTMLParser):
    """The fields that a page fills in itself."""

    def __init__(self, page: func.HttpResponse) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(page.get_body().decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and (given.get("type") == "hidden" or given.get("name") == HONEYPOT):
            self.fields[given["name"] or ""] = given.get("value") or ""


def opened(form: Form) -> dict[str, str]:
    return Hidden(form.show(http_requests.get())).fields


def send(form: Form, fields: dict[str, str], nudge: http_requests.Outbox | None = None) -> func.HttpResponse:
    answer = form.take(http_requests.form(form.answers | fields), nudge or http_requests.Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def text(answer: func.HttpResponse) -> str:
    return html.unescape(answer.get_body().decode())


def followed(form: Form, answer: func.HttpResponse) -> func.HttpResponse:
    """The page that a browser is sent on to."""
    shown = form.outcome(http_requests.get_token(answer.headers["Location"]))
    assert isinstance(shown, func.HttpResponse)
    return shown


def test_a_form_filled_in_by_a_person_is_taken(form: Form, services: FakeServices) -> None:
    fields = opened(form)
    services.now.moment += timedelta(minutes=2)
    answer = send(form, fields)

    assert (answer.status_code, services.stored) == (303, 1)
    assert form.title in text(followed(form, answer))


@pytest.mark.parametrize("wait", [timedelta(seconds=1), timedelta(days=2)])
def test_who_is_very_fast_or_comes_back_after_two_days_sends_the_same_page_again(
    wait: timedelta, form: Form, services: FakeServices
) -> None:
    fields = opened(form)
    services.now.moment += wait
    again = send(form, fields)

    assert (again.status_code, services.stored) == (422, 0)
    assert AGAIN in text(again)
    assert "There is a problem" in text(again)

    fresh = Hidden(again).fields
    services.now.moment += timedelta(seconds=10)
    assert (send(form, fresh).status_code, services.stored) == (303, 1)
    assert fresh["submission_id"] == fields["submission_id"]


def test_the_page_that_comes_back_holds_every_answer(form: Form, services: FakeServices) -> None:
    answer = send(form, {})
    shown, sent_along = text(answer), Hidden(answer).fields

    for name, given in form.answers.items():
        assert given in shown
        assert sent_along.get(name) == given or f'name="{name}"' in shown
    assert shown.count(" checked") == form.ticked


@pytest.mark.parametrize("changes", [{"form_token": "x"}, {"submission_id": "submission-9876543210"}])
def test_a_form_that_no_page_handed_out_stores_nothing(
    changes: dict[str, str], form: Form, services: FakeServices
) -> None:
    fields = opened(form)
    services.now.moment += timedelta(minutes=2)
    nudge = http_requests.Outbox()

    assert send(form, fields | changes, nudge).status_code == 422
    assert (services.stored, nudge.messages) == (0, [])


def test_the_token_of_the_other_form_is_not_taken(services: FakeServices) -> None:
    booking, referral = FORMS["booking"], FORMS["one-to-one"]
    fields = opened(booking)
    services.now.moment += timedelta(minutes=2)

    assert send(referral, fields).status_code == 422
    assert services.stored == 0


def test_mistakes_are_named_at_once_and_the_page_with_them_has_a_fresh_token(
    form: Form, services: FakeServices
) -> None:
    answer = send(form, {"full_name": ""})

    assert answer.status_code == 422
    assert "Enter your name" in text(answer)
    assert AGAIN not in text(answer)
    fresh = Hidden(answer).fields
    services.now.moment += timedelta(seconds=10)
    assert send(form, fresh).status_code == 303


def test_a_form_whose_hidden_field_was_filled_in_comes_back_with_the_reason_and_every_answer(
    form: Form, services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    """A browser may fill in what its owner does not see: nothing of theirs may be dropped behind a page of thanks."""
    fields = opened(form)
    services.now.moment += timedelta(minutes=2)
    nudge = http_requests.Outbox()
    answer = send(form, fields | {HONEYPOT: "http://filled.example"}, nudge)

    assert (answer.status_code, services.stored, nudge.messages) == (422, 0, [])
    assert f"Your browser filled in a field that is not part of the form. {AGAIN}" in text(answer)
    assert form.title not in text(answer)
    assert all(given in text(answer) for given in form.answers.values())
    assert "filled.example" not in text(answer)
    assert not any("Zoë" in each.getMessage() or "filled" in each.getMessage() for each in caplog.records)
    services.now.moment += timedelta(seconds=10)
    assert (send(form, Hidden(answer).fields).status_code, services.stored) == (303, 1)


def test_what_an_earlier_version_called_the_hidden_field_is_not_looked_at(form: Form, services: FakeServices) -> None:
    fields = opened(form)
    services.now.moment += timedelta(minutes=2)

    assert (send(form, fields | {"website": "http://filled.example"}).status_code, services.stored) == (303, 1)


# Words by which browsers and password managers know a field (Chromium: autofill_regex_constants; Bitwarden: autofill).
KNOWN_TO_FILLERS = (
    "name|mail|phone|tel|fax|url|web|site|home|page|company|org|addr|street|city|town|state|county|post|zip|country"
    "|birth|day|month|year|sex|gender|title|card|cc|cvc|user|login|pass|pwd|otp|code|pin|search|comment|message|subject"
)


def test_the_field_for_programmes_is_out_of_sight_reach_and_hearing_and_no_filler_knows_it(
    form: Form, services: FakeServices
) -> None:
    page = form.show(http_requests.get()).get_body().decode()
    [block] = re.findall(r'<div hidden aria-hidden="true">(.*?)</div>', page, re.DOTALL)

    assert f'<label for="{HONEYPOT}">Leave this field empty</label>' in block
    fields = ('tabindex="-1"', 'autocomplete="off"', "data-1p-ignore", "data-bwignore", 'data-lpignore="true"')
    for attribute in (f'id="{HONEYPOT}"', f'name="{HONEYPOT}"', 'value=""', *fields):
        assert attribute in block
    assert re.search(KNOWN_TO_FILLERS, f"{HONEYPOT} Leave this field empty", re.IGNORECASE) is None
