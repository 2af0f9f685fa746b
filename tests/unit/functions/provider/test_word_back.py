"""The provider tells the person how it is going, on the pages behind its link; the person sees it with their words."""

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import azure.functions as func
import pytest

from functions.provider.acknowledge import acknowledge, acknowledge_form
from functions.provider.collect import collect
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import request
from tests.unit.functions.withdrawal.test_withdraw import Person, text

if TYPE_CHECKING:
    from tests.fakes import FakeTable

TOKEN = re.compile(r'name="word_token" value="([^"]*)"')
BY_LINK = pytest.mark.parametrize("delivery", ["link", "inline"])


class Provider(Person):
    """The provider's pages of the one referral, which it has confirmed."""

    delivery = "link"

    def confirmed(self, delivery: str) -> "Provider":
        self.delivery = delivery
        days = {"SentOn": "2023-09-01", "AcknowledgedOn": "2023-09-01", "OpenedOn": "2023-09-01"}
        self.set(State="acknowledged", Delivery=delivery, Attempts=1, **days)
        return self

    def set(self, **cells: Any) -> None:
        table: FakeTable = self.tables["Referrals"]
        table.put({**table.rows["referrals", self.reference].cells, **cells})

    @property
    def link(self) -> str:
        links = self.built.referrals.links
        make = links.to_collect if self.delivery == "link" else links.to_acknowledge
        return make(self.reference, self.now - timedelta(minutes=5)).rpartition("/")[2]

    def look(self) -> func.HttpResponse:
        got = request("GET", self.link)
        answer = collect(got, Outbox()) if self.delivery == "link" else acknowledge_form(got)
        assert isinstance(answer, func.HttpResponse)
        return answer

    def say(self, seconds: float = 10, **fields: str) -> func.HttpResponse:
        [token] = TOKEN.findall(self.look().get_body().decode())
        link = self.link
        self.now += timedelta(seconds=seconds)
        sent = {"act": "word", "word_token": token} | fields
        handler, act = (collect, "word") if self.delivery == "link" else (acknowledge, "")
        answer = handler(request("POST", link, act, sent), Outbox())
        assert isinstance(answer, func.HttpResponse)
        return answer


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    return Provider(monkeypatch)


@BY_LINK
def test_each_of_the_four_is_shown_to_who_has_the_words_and_can_be_corrected(delivery: str, provider: Provider) -> None:
    provider.confirmed(delivery)
    assert "Nafsiyat has not left a message for you here" in text(provider.enter())
    choices: tuple[tuple[dict[str, str], str], ...] = (
        ({"said": "contacted"}, "says that it has contacted you"),
        ({"said": "not-reached"}, "says that it could not reach you"),
        ({"said": "waiting", "weeks": "8"}, "on its waiting list, for about 8 weeks"),
        ({"said": "finished"}, "Nafsiyat has finished with this form. If you did not expect this, contact Nafsiyat"),
    )
    for said, shown in choices:
        assert provider.say(10, **said).status_code == 303, said
        assert shown in text(provider.enter())
    assert 'value="finished" checked' in provider.look().get_body().decode()


@BY_LINK
def test_nothing_is_kept_without_a_choice_or_a_token_of_the_page(delivery: str, provider: Provider) -> None:
    provider.confirmed(delivery)

    answers = [
        provider.say(),
        provider.say(said="waiting"),
        provider.say(said="contacted", word_token="x"),
        provider.say(1, said="contacted"),
    ]

    assert [each.status_code for each in answers] == [422] * 4
    assert "Select what you want to tell the person" in text(answers[0])
    assert "Select how many weeks" in text(answers[1])
    assert "has not left a message for you here" in text(provider.enter())


@BY_LINK
def test_it_can_be_said_after_the_answers_were_deleted_and_not_once_it_is_withdrawn(
    delivery: str, provider: Provider
) -> None:
    provider.confirmed(delivery)
    provider.set(State="erased", ErasedOn="2023-09-06")
    assert provider.say(said="finished").status_code == 303
    provider.press(provider.enter())

    assert TOKEN.findall(provider.look().get_body().decode()) == []
    assert "Do not contact this person" in text(provider.look())
    assert "finished with this form" not in text(provider.enter())


def test_the_reference_alone_shows_nothing_of_it(provider: Provider) -> None:
    provider.confirmed("link")
    provider.say(said="not-reached")

    shown = text(provider.status())

    assert "Nafsiyat has your form" in shown
    assert "could not reach" not in shown
