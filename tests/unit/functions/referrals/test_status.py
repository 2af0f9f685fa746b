"""Status pages: the holder of a reference gets the status of the referral and nothing else."""

from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import functions.referrals.status
import shared.bootstrap
from functions.referrals.status import referral_status, referral_status_form
from shared.content.content import Content
from shared.referrals.intake.status_lookup import GuessLimiter, StatusLookup
from shared.referrals.model import Referral, ReferralState
from tests import builders
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FakeTime
from tests.unit.functions import http_requests
from tests.unit.functions.html_page import Page

REFERENCE = "34HKMPTV"
SITE = "https://support.example"


@dataclass
class FakeServices:
    content: Content
    known: dict[str, Referral] = field(default_factory=dict)
    site_url: str = SITE

    def __post_init__(self) -> None:
        lookup = StatusLookup(self.known.get, GuessLimiter(FakeTime().monotonic))
        self.referrals = SimpleNamespace(status_lookup=lookup, grace_weekdays=3)

    def now(self) -> datetime:
        return MORNING

    def stand(self, **facts: Any) -> None:
        self.known[REFERENCE] = builders.referral(reference=REFERENCE, **facts)


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.referrals.status, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    services.stand(state=ReferralState.SENT)
    return services


def ask(reference: str = REFERENCE) -> func.HttpResponse:
    answer = referral_status(http_requests.form({"reference": reference}))
    assert isinstance(answer, func.HttpResponse)
    return answer


def text(answer: func.HttpResponse) -> str:
    return " ".join(Page(answer.get_body().decode()).text.split())


STATES: list[tuple[dict[str, Any], str, str]] = [
    ({"state": ReferralState.RECEIVED}, "received", "We have your form"),
    ({"state": ReferralState.SENDING}, "received", "We have your form"),
    ({"state": ReferralState.SENT}, "sent", "Your form is on its way"),
    ({"state": ReferralState.DELIVERED}, "delivered", "Your form has been delivered"),
    ({"state": ReferralState.DELIVERED, "opened_on": "2023-09-04"}, "opened", "Nafsiyat has opened your form"),
    ({"state": ReferralState.ATTENTION, "opened_on": "2023-09-04"}, "opened", "Nafsiyat has opened your form"),
    ({"state": ReferralState.RECEIVED, "kept": 1}, "received", "We have your form"),
    ({"state": ReferralState.ACKNOWLEDGED}, "confirmed", "Nafsiyat has your form"),
    ({"state": ReferralState.ERASED, "acknowledged_on": "2023-09-04"}, "confirmed", "Nafsiyat has your form"),
    ({"state": ReferralState.ERASED}, "contact", "Please contact Nafsiyat"),
    (
        {"state": ReferralState.ERASED, "last_error": "not-collected", "erased_on": "2023-11-30"},
        "not-collected",
        "Nafsiyat has not read your form",
    ),
    (
        {"state": ReferralState.ATTENTION, "last_error": "not-acknowledged"},
        "waiting-for-confirmation",
        "Your answers are safe. Nafsiyat has not confirmed yet. We are asking.",
    ),
    (
        {"state": ReferralState.ATTENTION, "last_error": "bounced"},
        "waiting-for-confirmation",
        "Your answers are safe. Nafsiyat has not confirmed yet. We are asking.",
    ),
    ({"state": ReferralState.ATTENTION, "last_error": "unseal-mac"}, "contact", "Please contact Nafsiyat"),
    ({"state": ReferralState.WITHDRAWN}, "withdrawn", "You have withdrawn your form"),
]


ASKED = [
    *("not-acknowledged", "not-opened", "came-back", "kept-again", "reminder-bounced"),
    *("bounced", "suppressed", "quarantined", "filteredspam", "failed"),
]
NOT_ASKED = [
    *("", "not-sent-KeyUnavailableError", "HTTP 400", "state-typed", "not-erased", "asked"),
    *("unseal-mac", "unseal-missing", "unseal-day", "unseal-version", "unseal-key id", "unseal-json"),
]
BEFORE: dict[ReferralState, tuple[str, str]] = {  # not opened, opened
    ReferralState.RECEIVED: ("received", "received"),
    ReferralState.SENDING: ("received", "received"),
    ReferralState.SENT: ("sent", "opened"),
    ReferralState.DELIVERED: ("delivered", "opened"),
    ReferralState.ACKNOWLEDGED: ("confirmed", "confirmed"),
    ReferralState.ERASED: ("contact", "contact"),
    ReferralState.WITHDRAWN: ("withdrawn", "withdrawn"),
}
EVERY = [
    *((state, code, word) for state, word in BEFORE.items() for code in (*ASKED, *NOT_ASKED)),
    *((ReferralState.ATTENTION, code, ("waiting-for-confirmation", "opened")) for code in ASKED),
    *((ReferralState.ATTENTION, code, ("contact", "opened")) for code in NOT_ASKED),
]
SAYS = {
    "received": "We have it safely. We are sending it to Nafsiyat and will keep trying until it arrives.",
    "sent": "Nafsiyat has not confirmed yet that it has arrived",
    "delivered": "Nafsiyat has not confirmed yet that someone has read it",
    "opened": "Nafsiyat has not confirmed yet that it has been saved",
    "waiting-for-confirmation": "Your answers are safe. Nafsiyat has not confirmed yet. We are asking.",
    "confirmed": "Nafsiyat has confirmed this",
    "withdrawn": "We no longer have a copy of your answers",
    "contact": "We cannot be sure that Nafsiyat has your form",
}


@every_row("opened", [False, True])
@every_row("state, code, words", EVERY)
def test_every_state_for_every_reason_opened_or_not_says_what_is_true(
    state: ReferralState, code: str, words: tuple[str, str], opened: bool, services: FakeServices
) -> None:
    facts: dict[str, Any] = {"state": state, "last_error": code, "opened_on": "2023-09-04" if opened else ""}
    services.stand(**facts)

    assert services.known[REFERENCE].progress == words[opened]
    shown = text(ask())
    assert [word for word, said in SAYS.items() if said in shown] == [words[opened]]
    assert ("Please contact" in shown) == (words[opened] == "contact")


@every_row("contradiction", [{"acknowledged_on": "2023-09-04"}, {"erased_on": "2023-09-05"}])
@every_row("opened", ["", "2023-09-04"])
@every_row("code", [*ASKED, *NOT_ASKED])
def test_of_one_that_was_confirmed_and_waits_for_a_person_nothing_is_promised(
    code: str, opened: str, contradiction: dict[str, str], services: FakeServices
) -> None:
    services.stand(state=ReferralState.ATTENTION, last_error=code, opened_on=opened, **contradiction)

    assert services.known[REFERENCE].progress == "contact"


@every_row("facts, word, heading", STATES)
def test_a_person_reads_how_far_it_has_come_and_a_programme_one_word(
    facts: dict[str, Any], word: str, heading: str, services: FakeServices
) -> None:
    services.stand(**facts)

    shown = text(ask())
    told = referral_status(http_requests.json_post({"reference": REFERENCE}))

    assert heading in shown
    assert REFERENCE in shown
    assert "bounced" not in shown
    assert told.get_body().decode() == f'{{"reference": "{REFERENCE}", "status": "{word}"}}'


LINKED = {"delivery": "link", "sent_on": "2023-09-01", "deletion_on": "2023-11-30"}
ON_THE_DAY = "If it is still not opened on Thursday 30 November 2023, we delete our copy of your answers on that day"


@pytest.mark.parametrize(
    "facts",
    [
        {"state": ReferralState.SENT},
        {"state": ReferralState.DELIVERED},
        {"state": ReferralState.ATTENTION, "last_error": "not-acknowledged"},
        {"state": ReferralState.SENT, "held_until": "2023-09-01"},
        {"state": ReferralState.SENT, "held_until": "2023-11-30"},
    ],
)
def test_a_person_reads_the_day_on_which_what_nobody_collects_is_deleted(
    facts: dict[str, Any], services: FakeServices
) -> None:
    services.stand(**(LINKED | facts))

    assert ON_THE_DAY in text(ask())


@pytest.mark.parametrize(
    "facts",
    [
        {"state": ReferralState.SENT, "deletion_on": ""},
        {"state": ReferralState.SENT, "deletion_on": "soon"},
        {"state": ReferralState.SENT, "delivery": "inline"},
        {"state": ReferralState.SENT, "held": True},
        {"state": ReferralState.SENT, "held_until": "2023-12-24"},
        {"state": ReferralState.SENT, "opened_on": "2023-09-04"},
        {"state": ReferralState.ACKNOWLEDGED, "acknowledged_on": "2023-09-04", "erased_on": "2023-09-08"},
        {"state": ReferralState.ERASED, "acknowledged_on": "2023-09-04", "erased_on": "2023-09-08"},
        {"state": ReferralState.ATTENTION, "last_error": "bounced"},
    ],
)
def test_no_day_is_named_that_does_not_hold(facts: dict[str, Any], services: FakeServices) -> None:
    services.stand(**(LINKED | facts))

    assert "delete our copy of your answers on that day" not in text(ask())


def test_a_person_whose_form_was_never_opened_reads_that_and_whom_to_ask(services: FakeServices) -> None:
    services.stand(state=ReferralState.ERASED, last_error="not-collected", erased_on="2023-11-30", **DELIVERED_AS_LINK)

    shown = text(ask())

    assert "did not open it. We deleted our copy of your answers on Thursday 30 November 2023" in shown
    assert "Contact Nafsiyat, or fill in the form again" in shown
    assert "Email referrals@nafsiyat.org.uk" in shown


DELIVERED_AS_LINK = {"delivery": "link", "sent_on": "2023-09-01"}


def test_the_form_shows_nothing_and_asks_for_one_thing(services: FakeServices) -> None:
    page = Page(referral_status_form(http_requests.get()).get_body().decode())

    assert page.all("name", "input") == ["reference"]
    assert (page.all("action", "form"), page.all("method", "form")) == (["/one-to-one/status"], ["post"])
    assert page.all("autocomplete", "form") == ["off"]


def test_a_reference_is_found_however_it_is_typed(services: FakeServices) -> None:
    assert {ask(typed).status_code for typed in ("34hk mptv", " 34-HK-MP-TV", "34нкмртv", "٣٤HKMPTV")} == {200}


@pytest.mark.parametrize("typed", ["34HKMPTW", "nothing", "<b>34HKMPTV", "' or PartitionKey ne '"])
def test_what_is_not_there_is_not_found_in_the_same_words_whatever_it_is(typed: str, services: FakeServices) -> None:
    answer = ask(typed)
    other = ask("99999999")

    assert answer.status_code == 404
    assert "We cannot find this reference. Check it and try again" in text(answer)
    assert Page(answer.get_body().decode()).element("reference")["value"] == typed
    assert text(answer) == text(other)


def test_a_programme_is_told_the_same(services: FakeServices) -> None:
    unknown = referral_status(http_requests.json_post({"reference": "34HKMPTW"}))
    missing = referral_status(http_requests.json_post({"other": 1}))

    assert (unknown.status_code, missing.status_code) == (404, 422)
    assert b"/problems/referral-unknown" in unknown.get_body()


@pytest.mark.parametrize(
    "req", [http_requests.form({"reference": "  "}), http_requests.form({}, accept=http_requests.BROWSER)]
)
def test_who_enters_nothing_is_asked_again(req: func.HttpRequest, services: FakeServices) -> None:
    answer = referral_status(req)

    assert answer.status_code == 422
    assert "Enter your reference" in text(answer)


def test_who_guesses_too_often_has_to_wait_and_a_right_one_is_answered(services: FakeServices) -> None:
    answers = [ask("99999999") for _ in range(60)]
    refused = [ask("99999999"), ask("nothing"), referral_status(http_requests.json_post({"reference": "99999999"}))]

    assert {each.status_code for each in answers} == {404}
    assert [(each.status_code, each.headers["Retry-After"]) for each in refused] == [(429, "60")] * 3
    assert "Please try again in a minute" in text(refused[0])
    assert "Your form is on its way" in text(ask())


def test_no_reference_is_ever_in_an_address_or_in_the_log(
    services: FakeServices, caplog: pytest.LogCaptureFixture
) -> None:
    for answer in (ask(), ask("34HKMPTW")):
        assert "Location" not in answer.headers
    assert not {REFERENCE, "34HKMPTW"} & set(caplog.text.split())


@pytest.mark.parametrize(
    ("facts", "day"),
    [
        ({}, "Wednesday 4 October 2023"),
        ({"held_until": "2023-10-20"}, "Friday 20 October 2023"),
        ({"held_until": "2023-09-20"}, "Wednesday 4 October 2023"),
        ({"held": True}, ""),
        ({"delivery": "link"}, ""),
        ({"delivered_on": ""}, ""),
        ({"last_error": "bounced"}, ""),
    ],
)
def test_who_is_told_that_the_answers_are_safe_is_told_until_when(
    facts: dict[str, Any], day: str, services: FakeServices
) -> None:
    """With the answers in its mailbox and no word from the provider our copy is deleted at last."""
    known = {"delivery": "inline", "delivered_on": "2023-09-04", "last_error": "not-acknowledged"}
    services.stand(state=ReferralState.ATTENTION, **(known | facts))

    shown = text(ask())
    assert SAYS["waiting-for-confirmation"] in shown
    assert (f"If Nafsiyat does not answer us, we delete our copy on {day} or some days later." in shown) == bool(day)
    assert ("we delete our copy" in shown) == bool(day)
