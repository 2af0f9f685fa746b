"""The way through the pages of a referral, with everything that people do on it."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

import functions.referrals.outcome
import functions.referrals.refer
import shared.bootstrap
from shared.config.settings import Support
from shared.content.content import Content
from shared.content.question_catalogue import CATALOGUE
from shared.referrals.errors import ReferralReusedError, ReferralsBusyError
from shared.tables.table import StorageUnavailableError
from tests import builders
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.fake_services import FakeServices
from tests.unit.functions.referrals.form_browser import Fields, FormBrowser

STORY = "أشعر بالتعب\r\n<b>and</b> \"more\" & 'so'"


@pytest.fixture(params=["this trust", "another trust"])
def services(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    content = builders.content() if request.param == "this trust" else builders.other_content()
    return use_services(content, monkeypatch)


@pytest.fixture
def our_services(monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    return use_services(builders.content(), monkeypatch)


def use_services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content, FakeClock(MORNING))
    for module in (functions.referrals.refer, functions.referrals.outcome, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def begin(services: FakeServices) -> FormBrowser:
    """A person who takes ten seconds for each page, on the first page of the form."""

    def send(action: str, fields: Fields) -> func.HttpResponse:
        services.now.moment += timedelta(seconds=10)
        req = http_requests.form(fields)
        if action == "/one-to-one":
            answer = functions.referrals.refer.refer(req, http_requests.Outbox())
        else:
            assert action == "/one-to-one/questions"
            answer = functions.referrals.refer.questions(req)
        assert isinstance(answer, func.HttpResponse)
        return answer

    return FormBrowser(send, functions.referrals.refer.one_to_one_form(http_requests.get()))


ANSWERS: dict[str, Any] = {
    "need_help_now": "no",
    "works_here": "yes",
    "adult": "yes",
    "full_name": "Zoë",
    "date_of_birth__day": "27",
    "date_of_birth__month": "3",
    "date_of_birth__year": "1980",
    "contact_by": ["email", "phone"],
    "email": "zoe@home.example",
    "phone": "07700 900 982",
    "message_ok": "no",
    "therapy_language": "another",
    "therapy_language__another": "Ga",
    "what_brings_you": STORY,
    "availability": ["mornings", "shifts"],
}


def answer_page(person: FormBrowser, **said: Any) -> FormBrowser:
    """Answers the questions of this page, from the answers given, and continues."""
    asked = {name: value for name, value in (ANSWERS | said).items() if name.replace("__", "-") in person.page.asked}
    return person.fill(**asked).press()


def answer_until(person: FormBrowser, title: str, **said: Any) -> FormBrowser:
    """Answers page after page until the one with this title."""
    if person.title == "About the form":
        person.press("Start now")
    for _ in range(40):
        if person.title == title:
            return person
        answer_page(person, **said)
    raise AssertionError(f"never came to {title}, but to {person.title}")


def test_the_whole_way_ends_in_one_referral_that_holds_every_answer(services: FakeServices) -> None:
    person = answer_until(begin(services), "Check your answers before you send them").press()
    person.fill(consent_share="yes").press("Agree and send")

    assert person.answer.status_code == 303
    [request] = services.referrals.intake.accepted
    kept = json.loads(request.answers)
    assert kept["what_brings_you"] == STORY.replace("\r\n", "\n")
    assert kept["therapy_language"] == "Ga"
    assert kept["contact_by"] == [way for way in kept["contact_by"] if way in {"email", "phone"}]
    assert kept["availability"] == ["mornings", "shifts"]
    assert "need_help_now" not in kept
    assert not {"zoe", "Ga", "monday"} & set(person.answer.headers["Location"].split("/"))


def test_nothing_is_stored_before_it_is_sent(services: FakeServices) -> None:
    answer_until(begin(services), "Check your answers before you send them").press()
    assert services.stored == 0


def test_back_leads_through_every_page_to_the_first_and_keeps_all_that_was_typed(services: FakeServices) -> None:
    person = answer_until(begin(services), "Check your answers before you send them")
    typed = sorted(pair for pair in person.sent_along if pair[0] not in {"at", "left_blank"})
    titles = []
    while person.title != "About the form":
        person.press("Back")
        titles.append(person.title)
        now = sorted((n, v.replace("\r\n", "\n")) for n, v in person.sent_along if n not in {"at", "left_blank"} and v)
        assert now == [(name, value.replace("\r\n", "\n")) for name, value in typed]
    assert len(titles) == len(services.content.one_to_one.pages) + 1
    assert len(set(titles)) == len(titles)


def test_what_is_typed_and_not_yet_sent_on_survives_going_back(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "More about you").fill(what_brings_you="half a sen").press("Back")
    assert person.title == "Your language"
    assert ("what_brings_you", "half a sen") in answer_page(person).sent_along


def test_a_mistake_is_said_on_its_page_with_what_was_typed(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Your email address").fill(email="zoe@home").press()
    assert (person.answer.status_code, person.title) == (422, "Error: Your email address")
    assert "Enter an email address in the correct format" in person.text
    assert ("email", "zoe@home") in person.sent_along
    assert answer_page(person).title == "Your phone number"


@pytest.mark.parametrize("page", [page.title for page in builders.content().one_to_one.pages])
def test_empty_page_is_refused_only_if_it_has_required_questions(page: str, our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), page)
    asked = next(each for each in our_services.content.one_to_one.pages if each.title == page)
    person.page.fields = [pair for pair in person.page.fields if pair[0] not in person.page.asked]
    person.press()
    needed = any(each.required for each in asked.questions)
    assert (person.answer.status_code, person.title.startswith("Error: ")) == ((422, True) if needed else (200, False))
    for each in asked.questions:
        assert each.question.missing in person.text or not each.required


@pytest.mark.parametrize("said", ["yes", "not-sure"])
def test_who_may_need_help_now_is_shown_where_it_is_and_may_go_on(said: str, our_services: FakeServices) -> None:
    person = begin(our_services).press("Start now").fill(need_help_now=said).press()
    assert (person.title, person.answer.status_code) == ("Help now", 200)
    assert "116 123" in person.text
    assert person.press("Back").title == "Before you start"
    assert ("need_help_now", said) in person.sent_along
    assert person.press().press("Continue with the form").title == "Where you work"
    assert our_services.stored == 0


def test_who_does_not_work_here_is_shown_other_support_and_may_have_pressed_wrong(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Where you work").fill(works_here="no").press()
    assert (person.title, person.answer.status_code) == ("Other support for you", 200)
    assert our_services.content.one_to_one.other_support[0].how in person.text
    assert "Continue" not in {button["text"] for button in person.page.buttons}
    assert person.press("Back").title == "Where you work"
    assert answer_page(person).title == "Your name"


def test_a_work_address_is_warned_of_once_and_minded_no_further(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Your email address").fill(email="zoe@example.nhs.uk").press()
    assert (person.title, person.answer.status_code) == ("Your email address", 200)
    assert "This looks like a work address" in person.text
    assert ("email", "zoe@example.nhs.uk") in person.sent_along
    assert person.press().title == "Your phone number"
    assert person.press("Back").press().title == "Your phone number", "once is enough"
    answer_until(person, "Check your answers before you send them", email="zoe@example.nhs.uk").press().fill(
        consent_share="yes"
    ).press("Agree")
    assert json.loads(our_services.referrals.intake.accepted[0].answers)["email"] == "zoe@example.nhs.uk"


@pytest.mark.parametrize(
    "typed",
    [
        "zoe@\uff45xample.nhs.uk",
        "zoe@example\uff0enhs\u3002uk",
        "zoe\uff20EXAMPLE.nhs.uk",
        "\u200ezoe@example.nhs.uk\u200f",
        "zoe@example.nhs.uk\u200b",
        "zoe@example.nhs.uk.",
        "<mailto:zoe@example.nhs.uk>",
        "\ufeffzoe@team.example.nhs.uk\u00a0",
    ],
    ids=ascii,
)
def test_a_work_address_is_warned_of_however_it_is_typed(our_services: FakeServices, typed: str) -> None:
    person = answer_until(begin(our_services), "Your email address").fill(email=typed).press()

    assert "This looks like a work address" in person.text


def test_a_page_that_is_not_needed_is_not_shown(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Your language", contact_by=["text"])
    assert not {"email", "message_ok"} & {name for name, _ in person.sent_along}
    assert person.press("Back").title == "Your phone number"
    assert "message_ok" not in person.page.asked
    assert "<h1" in person.text
    assert "What is your phone number?" in person.text


def test_the_answers_to_check_are_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = answer_until(
        begin(use_services(builders.other_content(), monkeypatch)), "Check your answers before you send them"
    ).text
    for words in (
        "27 March 1980",
        "By ringing me, By writing to me",
        "Do not",
        "Weekday mornings, I work shifts",
        "Ga",
    ):
        assert words in shown
    assert shown.count("Not provided") == 12
    assert "discreet" not in shown


def test_change_leads_there_and_straight_back(services: FakeServices) -> None:
    person = answer_until(begin(services), "Check your answers before you send them")
    name = next(page for page in services.content.one_to_one.pages if page.key == "full_name")
    short = name.questions[0].short
    assert person.press(f"Change {short}").title == name.title
    assert person.fill(full_name="Other").press().title == "Check your answers before you send them"
    assert "Other" in person.text
    assert person.press(f"Change {short}").press("Back").title == "Check your answers before you send them"


def test_a_step_that_is_asked_for_again_shows_the_answers_as_they_are_now(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Check your answers before you send them")
    asked = [(name, "Other" if name == "full_name" else value) for name, value in person.page.fields]

    def again(at: str) -> FormBrowser:
        fields = [*(pair for pair in asked if pair[0] != "at"), ("at", at), ("go", "again")]
        return FormBrowser(unsent, functions.referrals.refer.questions(http_requests.form(fields)))

    assert (again("check").title, "Other" in again("check").text) == ("Check your answers before you send them", True)
    assert ("full_name", "Other") in again("full_name").page.fields
    titles = {"start": "About the form", "help": "Help now", "consent": "Your agreement", "busy": "Your agreement"}
    for at, title in titles.items():
        shown = again(at)
        assert (shown.title, shown.answer.status_code) == (title, 200)
        assert ("full_name", "Other") in shown.sent_along


def test_a_step_that_no_longer_applies_is_asked_for_again_as_the_one_before(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Check your answers before you send them", contact_by=["email"])
    fields = [*(pair for pair in person.page.fields if pair[0] != "at"), ("at", "phone"), ("go", "again")]
    answer = functions.referrals.refer.questions(http_requests.form(fields))
    assert FormBrowser(unsent, answer).title == "Your email address"


def test_mistakes_are_not_told_before_they_are_sent_on(our_services: FakeServices) -> None:
    fields = [("full_name", "=1+1"), ("works_here", "yes"), ("at", "full_name"), ("go", "again")]
    answer = functions.referrals.refer.questions(http_requests.form(fields))
    assert (answer.status_code, FormBrowser(unsent, answer).title) == (200, "Your name")


def unsent(action: str, fields: Fields) -> func.HttpResponse:
    raise AssertionError(f"sent to {action}: {fields}")


def test_a_changed_answer_that_asks_for_another_one_is_followed_up_and_then_checked(
    our_services: FakeServices,
) -> None:
    person = answer_until(begin(our_services), "Check your answers before you send them", contact_by=["email"])
    assert "Phone number" not in person.text
    person.press("Change How to contact you").fill(contact_by=["email", "text"]).press()
    assert (person.title, person.answer.status_code) == ("Your phone number", 200), "asked, not blamed"
    assert answer_page(person).title == "Check your answers before you send them"
    assert "07700 900 982" in person.text


def test_changing_to_an_ineligible_answer_is_explained_and_can_be_undone(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them")
        .press("Change Works for Mersey Care")
        .fill(works_here="no")
        .press()
    )
    assert person.title == "Other support for you"
    assert person.press("Back").fill(works_here="yes").press().title == "Check your answers before you send them"


def test_enter_in_a_field_goes_on_and_not_back(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Your name").fill(full_name="Zoë").press("")
    assert person.title == "How to contact you"


def test_without_consent_nothing_is_sent_and_everything_is_still_there(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().press("Agree and send")
    )
    assert (person.answer.status_code, person.title, our_services.stored) == (422, "Error: Your agreement", 0)
    assert person.press("Back").title == "Check your answers before you send them"
    assert "Zoë" in person.text
    assert person.press().fill(consent_share="yes").press("Agree and send").answer.status_code == 303


def test_a_tick_that_was_set_is_still_set_after_looking_at_the_answers_again(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them")
        .press()
        .fill(consent_share="yes")
        .press("Back")
        .press()
    )
    assert ("consent_share", "yes") in person.sent_along


def test_the_same_form_sent_twice_is_one_submission(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    sent = back_button(person)
    first = without_token(outcome_page(person.press("Agree and send")))
    assert without_token(outcome_page(sent().press("Agree and send"))) == first
    assert len({request.submission_id for request in our_services.referrals.intake.accepted}) == 1


def back_button(person: FormBrowser) -> Callable[[], FormBrowser]:
    """Returns a function that goes back to this page, as a browser's Back does."""
    answer = person.answer

    def again() -> FormBrowser:
        person.show(answer)
        return person.fill(consent_share="yes")

    return again


def test_a_form_that_lay_for_two_days_comes_back_with_everything_and_is_taken_then(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    our_services.now.moment += timedelta(days=2)
    person.press("Agree and send")
    assert (person.answer.status_code, our_services.stored) == (422, 0)
    assert "Check your answers and send again" in person.text
    assert {("full_name", "Zoë"), ("consent_share", "yes")} <= set(person.sent_along)
    assert (person.press("Agree and send").answer.status_code, our_services.stored) == (303, 1)


@pytest.mark.parametrize("trouble", [ReferralsBusyError(), StorageUnavailableError("down")])
def test_a_form_that_could_not_be_saved_is_sent_again_from_the_page_that_says_so(
    trouble: Exception, our_services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    our_services.referrals.intake.trouble = trouble
    person.press("Agree and send")
    assert (person.answer.status_code, person.answer.headers["Retry-After"]) == (503, "5")
    assert "Your answers are still on this page" in person.text
    assert "Zo\u00eb" not in caplog.text
    assert person.press("Back").title == "Check your answers before you send them"
    our_services.referrals.intake.trouble = None
    assert person.press().press("Agree and send").answer.status_code == 303
    assert json.loads(our_services.referrals.intake.accepted[0].answers)["full_name"] == "Zo\u00eb"


def test_after_trouble_one_press_sends_it_under_the_same_submission(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    [known] = [value for name, value in person.page.fields if name == "submission_id"]
    our_services.referrals.intake.trouble = ReferralsBusyError()
    person.press("Agree and send")
    our_services.referrals.intake.trouble = None
    assert person.press("Send it again").answer.status_code == 303
    assert [request.submission_id for request in our_services.referrals.intake.accepted] == [known]


def test_who_saw_an_error_and_sends_other_answers_learns_the_reference_of_the_first(
    our_services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    our_services.referrals.intake.trouble = ReferralReusedError("ABCD1234")
    person.press("Agree and send")
    assert (person.answer.status_code, person.title) == (409, "You have already sent this form")
    assert "ABCD1234" in person.text
    assert "/one-to-one/status" in person.text
    assert "Zo\u00eb" not in caplog.text


@pytest.mark.parametrize(
    ("damage", "title"),
    [
        ({"need_help_now": []}, "Error: Before you start"),
        ({"works_here": ["no"]}, "Other support for you"),
        ({"works_here": ["yes", "no"]}, "Error: Where you work"),
        ({"full_name": ["Zoë", "Ann"]}, "Error: Your name"),
        ({"contact_by": ["pigeon"]}, "Error: How to contact you"),
        ({"email": ["a@b.example", "c@d.example"]}, "Error: Your email address"),
        ({"message_ok": ["perhaps"]}, "Error: Your phone number"),
        ({"therapy_language": [], "therapy_language-another": []}, "Error: Your language"),
        ({"what_brings_you": ["x" * 4001]}, "Error: More about you"),
        ({"availability": ["sunday-mornings"]}, "Error: More about you"),
    ],
)
def test_final_submission_validates_every_hidden_field_again(
    damage: dict[str, list[str]], title: str, our_services: FakeServices
) -> None:
    """Anyone can change hidden fields."""
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    kept = [pair for pair in person.page.fields if pair[0] not in damage]
    person.page.fields = [*kept, *((name, value) for name, values in damage.items() for value in values)]
    person.press("Agree and send")
    assert (person.answer.status_code, person.title, our_services.stored) == (422, title, 0)


def test_after_mending_what_the_end_refused_a_person_checks_and_sends(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them").press().fill(consent_share="yes")
    )
    person.page.fields = [(n, "=1+1" if n == "full_name" else v) for n, v in person.page.fields]
    assert person.press("Agree and send").title == "Error: Your name"
    assert person.fill(full_name="Zoë").press().title == "Check your answers before you send them"
    assert person.press().press("Agree and send").answer.status_code == 303


@every_row("at", ["", "nowhere", "consent", "start", "../x", "<script>", "a" * 5000])
@every_row("go", ["", "next", "back", "again", "change:", "change:full_name", "change:nowhere", "x" * 5000])
def test_any_position_and_action_in_the_form_leads_to_a_page(at: str, go: str, services: FakeServices) -> None:
    answer = functions.referrals.refer.questions(http_requests.form([("at", at), ("go", go), ("full_name", "Zoë")]))
    assert answer.status_code == 200
    assert b"Zo\xc3\xab" in answer.get_body()


@every_row("at", ["full_name", "check", "help", "not-for-you", "consent", "contact_by"])
@every_row("fields", [[("full_name", "a"), ("full_name", "b")], [("at", "x")], [("submission_id", "x")] * 2])
def test_fields_that_come_twice_are_a_mistake_and_no_failure(at: str, fields: Fields, services: FakeServices) -> None:
    for go in ("next", "back"):
        answer = functions.referrals.refer.questions(http_requests.form([("at", at), ("go", go), *fields]))
        assert answer.status_code in {200, 422}


def test_fields_that_the_form_does_not_have_do_not_travel(services: FakeServices) -> None:
    answer = functions.referrals.refer.questions(http_requests.form([("is_admin", "canary"), ("at", "full_name")]))
    assert b"canary" not in answer.get_body()


def test_the_questions_are_a_form_and_never_json(services: FakeServices) -> None:
    assert functions.referrals.refer.questions(http_requests.json_post({"at": "full_name"})).status_code == 415


def test_bookmarked_question_page_redirects_to_the_start(services: FakeServices) -> None:
    answer = functions.referrals.refer.questions_from_the_start(http_requests.get())
    assert (answer.status_code, answer.headers["Location"]) == (303, "/one-to-one")


@pytest.mark.parametrize("failing", [True, False])
def test_who_comes_while_the_provider_s_mailbox_fails_is_told_and_shown_another_way(
    failing: bool, our_services: FakeServices
) -> None:
    our_services.referrals.provider_mailbox.failing = failing
    person = begin(our_services)
    assert ("are not arriving at the moment" in person.text) is failing
    answer_until(person, "Check your answers before you send them").press().fill(consent_share="yes").press(
        "Agree and send"
    )
    assert person.answer.status_code == 303, "referrals are still taken, and held"
    assert ("are not arriving at the moment" in outcome_page(person)) is failing


def outcome_page(person: FormBrowser) -> str:
    req = http_requests.get_token(person.answer.headers["Location"])
    return str(functions.referrals.outcome.referral_outcome(req).get_body().decode())


def without_token(page: str) -> str:
    """The page without the token and the time that tell how long it is shown."""
    return re.sub(r'name="shown" value="[^"]+"|until [\d:]+am|data-sent="\d+"', "", page)


def test_the_last_page_says_until_when_to_wait_in_weekdays(our_services: FakeServices) -> None:
    person = (
        answer_until(begin(our_services), "Check your answers before you send them")
        .press()
        .fill(consent_share="yes")
        .press("Agree and send")
    )
    text = outcome_page(person)
    assert "If Nafsiyat has not contacted you by Friday 15 September 2023, email" in text
    assert "34679CDF" in text
    assert "/one-to-one/status" in text


def test_while_the_form_is_closed_no_page_of_it_is_open(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), "Your name")
    our_services.closed = frozenset({Support.ONE_TO_ONE})
    assert functions.referrals.refer.one_to_one_form(http_requests.get()).status_code == 503
    assert person.fill(full_name="Zoë").press().answer.status_code == 503


def test_until_the_key_is_proven_the_first_page_says_kindly_that_the_form_is_back_soon(
    our_services: FakeServices,
) -> None:
    person = answer_until(begin(our_services), "Your name")
    our_services.referrals.key_readiness.ready = False
    answer = functions.referrals.refer.one_to_one_form(http_requests.get())
    page = answer.get_body().decode()

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "300")
    assert "You cannot use the form at the moment" in page
    assert "It will be back soon" in page
    assert "/help-now" in page
    assert person.fill(full_name="Zoë").press().answer.status_code == 200, "who has begun loses nothing"
    begun = functions.referrals.refer.one_to_one_form(http_requests.get(accept="application/json"))
    assert (begun.status_code, json.loads(begun.get_body())["type"]) == (503, "/problems/one-to-one-not-ready")


def test_a_whole_document_is_taken_and_every_mistake_in_one_is_named_at_once(our_services: FakeServices) -> None:
    whole = {
        "works_here": "yes",
        "full_name": "Zoë",
        "contact_by": ["email"],
        "email": "zoe@home.example",
        "therapy_language": "Ga",
        "consent_share": True,
    }
    taken = functions.referrals.refer.refer(http_requests.json_post(whole), http_requests.Outbox())
    assert (taken.status_code, json.loads(taken.get_body())) == (
        201,
        {"reference": "34679CDF", "words": "tidal onion harbor"},
    )
    shown = functions.referrals.outcome.referral_outcome(
        http_requests.get_token(taken.headers["Location"], accept="application/json")
    )
    assert json.loads(shown.get_body()) == {"reference": "34679CDF", "by": "2023-09-15", "words": "tidal onion harbor"}
    refused = functions.referrals.refer.refer(
        http_requests.json_post({"works_here": "no", "contact_by": ["text"], "need_help_now": "no"}),
        http_requests.Outbox(),
    )
    assert refused.status_code == 422
    assert [(each["field"], each["detail"]) for each in json.loads(refused.get_body())["errors"]] == [
        ("works_here", "Select yes if you work here"),
        ("full_name", "Enter your name"),
        ("phone", "Enter your phone number"),
        ("therapy_language", "Select the language you would like to use"),
        ("consent_share", "Select the box if you agree to send your answers to Nafsiyat"),
        ("", "Leave out fields that this form does not have"),
    ]


def test_the_longest_form_fits_into_what_is_read(services: FakeServices) -> None:
    """In a script of four bytes a character, each of which a browser sends as twelve."""
    long = {
        each.ask: "😀" * each.max_length
        for each in services.content.one_to_one.questions
        if each.question.kind == "long"
    }
    long |= {"full_name": "𞤀" * 100, "therapy_language__another": "𞤀" * 60, "pronouns": "𞤀" * 20}
    every_time, every_way = list(CATALOGUE["availability"].options), list(CATALOGUE["contact_by"].options)
    chosen = {"availability": every_time, "best_times": every_time, "contact_by": every_way}
    person = answer_until(begin(services), "Check your answers before you send them", **long, **chosen)
    person.press().fill(consent_share="yes").press("Agree and send")
    assert (person.answer.status_code, services.stored) == (303, 1)


def test_each_question_says_how_many_there_are_and_the_way_to_the_end_never_grows(services: FakeServices) -> None:
    """A page that no answer needs is no longer counted; before the answer that decides, it is."""
    person, seen = begin(services).press("Start now"), []
    for _ in range(40):
        found = re.search(r"Question (\d+) of (\d+)", person.text)
        if found is None:
            break
        seen.append((int(found[1]), int(found[2])))
        answer_page(person, contact_by=["text"])

    assert person.title == "Check your answers before you send them"
    pages = services.content.one_to_one.pages
    left_out = sum(page.key == "email" for page in pages)
    assert [number for number, _ in seen] == list(range(1, len(pages) - left_out + 1))
    totals = [of for _, of in seen]
    assert totals == sorted(totals, reverse=True)
    assert (totals[0], totals[-1]) == (len(pages), len(pages) - left_out)


OPTIONAL = "More about you"


def test_the_optional_questions_are_on_one_page_and_can_be_skipped_together(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), OPTIONAL)
    [page] = [each for each in our_services.content.one_to_one.pages if each.title == OPTIONAL]
    assert {each.ask for each in our_services.content.one_to_one.questions if not each.required} == {
        each.ask for each in page.questions
    }

    person.press("Skip these questions")

    assert (person.title, person.answer.status_code) == ("Check your answers before you send them", 200)
    assert person.text.count("Not provided") == len(page.questions)
    person.press("Change Adjustments")
    assert person.title == OPTIONAL
    assert "Skip these questions" not in {button["text"] for button in person.page.buttons}, "it would drop an answer"


def test_skipping_leaves_out_what_was_typed_even_if_it_is_too_long(our_services: FakeServices) -> None:
    person = answer_until(begin(our_services), OPTIONAL).fill(what_brings_you="canary " * 1000)

    person.press("Skip these questions")

    assert person.title == "Check your answers before you send them"
    assert "canary" not in person.text


def test_no_page_with_a_question_that_has_to_be_answered_can_be_skipped(services: FakeServices) -> None:
    required = {
        each.ask: page.key for page in services.content.one_to_one.pages for each in page.questions if each.required
    }
    for at in set(required.values()):
        fields = [("at", at), ("go", "skip"), ("contact_by", "phone"), ("contact_by", "email"), ("contact_by", "text")]
        shown = FormBrowser(unsent, functions.referrals.refer.questions(http_requests.form(fields)))
        is_answered = at == "contact_by"
        assert (shown.answer.status_code, shown.title.startswith("Error: ")) == (
            (200, False) if is_answered else (422, True)
        )
        assert "Skip these questions" not in {button["text"] for button in shown.page.buttons}
