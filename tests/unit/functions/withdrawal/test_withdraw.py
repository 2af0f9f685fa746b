"""Withdrawing a form on its page: for the reference and the words alone, by a deliberate act, and said plainly."""

import json
import re
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

import functions.provider.acknowledge
import functions.provider.collect
import functions.referrals.forward_referral
import functions.referrals.outcome
import functions.referrals.refer
import functions.referrals.status
import functions.withdrawal.moved
import functions.withdrawal.withdraw
from functions.provider.collect import collect
from functions.referrals.forward_referral import forward_referral
from functions.referrals.outcome import referral_outcome
from functions.referrals.refer import refer
from functions.referrals.status import referral_status
from functions.withdrawal.moved import withdraw_moved
from functions.withdrawal.withdraw import withdraw, withdraw_form
from shared.tables.table import StorageUnavailableError
from tests.fakes import FakeTable
from tests.unit.functions import http_requests
from tests.unit.functions.html_page import Page
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.in_memory_app import InMemoryApp
from tests.unit.functions.referrals.test_web_rights import REFERRAL
from tests.unit.functions.test_app_roles import services

MODULES = (
    functions.provider.acknowledge,
    functions.provider.collect,
    functions.referrals.forward_referral,
    functions.referrals.outcome,
    functions.referrals.refer,
    functions.referrals.status,
    functions.withdrawal.withdraw,
)
WRONG = "We cannot find a form with this reference and 3 words"
FIELD = re.compile(r'name="(act|reference|form_token)" value="([^"]*)"')


class Person(InMemoryApp):
    """Someone who sent one form, with the reference and the words that the answer showed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(monkeypatch)
        for module in MODULES:
            monkeypatch.setattr(module, "services", lambda: self.built)
        self.outbox = Outbox()
        taken = json.loads(self.refer().get_body())
        self.reference, self.words = taken["reference"], taken["words"]

    def refer(self, **changes: Any) -> func.HttpResponse:
        answer = refer(http_requests.json_post(REFERRAL | changes), self.outbox)
        assert isinstance(answer, func.HttpResponse)
        return answer

    def forward(self) -> None:
        """The queue's function handles every message there is."""
        messages, self.outbox.messages = self.outbox.messages, []
        for each in messages:
            forward_referral(func.QueueMessage(body=each.encode()))

    def post(self, fields: dict[str, str], seconds: float = 10, **headers: str) -> func.HttpResponse:
        self.now += timedelta(seconds=seconds)
        answer = withdraw(http_requests.form(fields, **headers), self.outbox)
        assert isinstance(answer, func.HttpResponse)
        return answer

    def enter(self, reference: str = "", words: str = "", token: str = "") -> func.HttpResponse:
        typed = {"reference": reference or self.reference, "words": words or self.words}
        return self.post(typed | {"form_token": token or self.fields(withdraw_form(http_requests.get()))["form_token"]})

    def press(self, opened: func.HttpResponse, seconds: float = 10, **changes: str) -> func.HttpResponse:
        """Presses the button of the page that was opened."""
        return self.post(self.fields(opened) | changes, seconds)

    def status(self) -> func.HttpResponse:
        """The status page, for the reference alone."""
        answer = referral_status(http_requests.form({"reference": self.reference}))
        assert isinstance(answer, func.HttpResponse)
        return answer

    @staticmethod
    def fields(answer: func.HttpResponse) -> dict[str, str]:
        return dict(FIELD.findall(answer.get_body().decode()))

    @property
    def state(self) -> str:
        return self.tables["Referrals"].rows["referrals", self.reference].text("State")

    @property
    def sealed(self) -> FakeTable:
        return self.tables["SealedReferrals"]


def text(answer: func.HttpResponse) -> str:
    return " ".join(Page(answer.get_body().decode()).text.split())


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    return Person(monkeypatch)


def test_the_page_after_the_form_shows_the_words_again_for_the_same_form(person: Person) -> None:
    again = person.refer()

    shown = text(referral_outcome(http_requests.get_token(again.headers["Location"], accept=http_requests.BROWSER)))
    assert json.loads(again.get_body()) == {"reference": person.reference, "words": person.words}
    assert person.words in shown
    assert "withdraw this form" in shown
    assert json.loads(person.refer(submission_id="t" * 20).get_body())["words"] != person.words


def test_a_form_that_was_not_sent_is_withdrawn_and_never_is(person: Person) -> None:
    opened = person.enter()
    assert "Nafsiyat does not get your answers" in text(opened)
    assert person.state == "received", "nothing changes before the button"

    done = person.press(opened)
    person.forward()

    assert "You have withdrawn your form" in text(done)
    assert "We had not sent your form to Nafsiyat yet" in text(done)
    assert (person.state, person.sealed.rows, person.sender.messages) == ("withdrawn", {}, [])


def test_a_form_that_was_sent_is_withdrawn_and_says_that_the_provider_is_told(person: Person) -> None:
    person.forward()
    opened = person.enter(reference=person.reference.lower(), words=person.words.upper())
    assert "not to contact you" in text(opened)

    done = person.press(opened)

    assert "We are telling Nafsiyat, by your reference" in text(done)
    assert "may have read your answers" in text(done)
    assert (person.state, person.sealed.rows) == ("withdrawn", {})
    assert person.sender.messages[-1].subject == f"Consent withdrawn: self-referral {person.reference}"
    assert "You have withdrawn your form" in text(person.enter()), "entered again later"
    assert "You have withdrawn your form" in text(person.status())
    assert "3 words" not in text(person.status())


def test_the_providers_link_says_do_not_contact(person: Person) -> None:
    person.forward()
    person.press(person.enter())
    token = person.built.referrals.links.collect_token(person.reference, person.now)
    request = func.HttpRequest("GET", http_requests.URL, route_params={"token": token, "act": ""}, body=b"")

    shown = text(collect(request, Outbox()))

    assert "Do not contact this person" in shown
    assert "Consider erasing what you have of it" in shown


@pytest.mark.parametrize(
    ("seconds", "changes", "status"),
    [(1, {}, 422), (25 * 3600, {}, 422), (10, {"form_token": "x"}, 422), (10, {"reference": "34679CDF"}, 422)],
)
def test_a_form_without_the_pages_own_token_withdraws_nothing(
    seconds: float, changes: dict[str, str], status: int, person: Person
) -> None:
    answer = person.press(person.enter(), seconds, **changes)

    assert (answer.status_code, person.state, len(person.sealed.rows)) == (status, "received", 1)


def test_a_form_of_another_site_and_one_that_is_none_withdraw_nothing(person: Person) -> None:
    opened = person.enter()

    foreign = person.post(person.fields(opened), origin="https://evil.example")
    empty = withdraw(http_requests.post(b"[" * 100, "application/json"), person.outbox)

    assert [each.status_code for each in (foreign, empty)] == [403, 422]
    assert person.state == "received"


def test_a_wrong_reference_and_wrong_words_are_told_alike_and_delayed_after_five(person: Person) -> None:
    wrong = [person.enter(words="tidal onion hamster"), person.enter(reference="34679CDF")]
    for _ in range(5):
        person.enter(words="tidal onion hamster")
    page = person.fields(withdraw_form(http_requests.get()))["form_token"]
    late = person.post({"reference": person.reference, "words": person.words, "form_token": page}, seconds=0.5)

    assert [(each.status_code, WRONG in text(each)) for each in wrong] == [(404, True)] * 2
    assert (late.status_code, "Wait 1 second, then enter your 3 words again" in text(late)) == (422, True)
    assert "Withdraw my form" in text(person.enter(token=person.fields(late)["form_token"]))
    assert person.words not in late.get_body().decode()


def test_what_is_missing_is_asked_for(person: Person) -> None:
    answer = person.post({"reference": " "})

    assert answer.status_code == 422
    assert "Enter your reference" in text(answer)
    assert "Enter your 3 words" in text(answer)


def test_the_same_form_sent_again_hears_that_it_was_withdrawn_and_leaves_nothing(person: Person) -> None:
    person.press(person.enter())

    answer = person.refer()
    person.forward()

    assert answer.status_code == 409
    assert json.loads(answer.get_body())["title"] == "You withdrew this form"
    assert (person.state, person.sealed.rows, person.sender.messages) == ("withdrawn", {}, [])


def test_where_deleting_fails_the_queue_goes_on_and_the_page_says_so_already(
    person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = person.enter()
    person.outbox.messages.clear()

    def fails(*_: object) -> None:
        raise StorageUnavailableError("silent")

    with monkeypatch.context() as patch:
        patch.setattr(person.sealed, "delete", fails)
        assert "You have withdrawn your form" in text(person.press(opened))
        assert len(person.sealed.rows) == 1
    person.forward()

    assert (person.state, person.sealed.rows) == ("withdrawn", {})


def test_where_storage_does_not_answer_nothing_is_promised(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = person.enter()

    def fails(*_: object) -> None:
        raise StorageUnavailableError("silent")

    monkeypatch.setattr(person.tables["Referrals"], "get", fails)
    answer = person.press(opened)

    assert (answer.status_code, "Nothing has changed. Try again in a minute" in text(answer)) == (503, True)


def test_the_web_app_leads_to_the_workers_page_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    built = services("web", COLLECT_URL="https://collect.example.nhs.uk/")
    monkeypatch.setattr(functions.withdrawal.moved, "services", lambda: built)

    answer = withdraw_moved(http_requests.get())

    assert answer.status_code == 303
    assert answer.headers["Location"] == "https://collect.example.nhs.uk/one-to-one/withdraw"
