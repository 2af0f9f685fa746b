"""A link that is too old opens nothing; on its page the provider asks for a new one, to its own address, once a day."""

import re
import threading
from datetime import datetime, timedelta

import azure.functions as func
import pytest

import functions.provider.acknowledge
import functions.provider.collect
import shared.bootstrap
from functions.provider.acknowledge import acknowledge, acknowledge_form
from functions.provider.collect import collect
from shared.content.content import Content
from shared.installation.facts import LONDON
from shared.signing import Signer
from tests.builders import MORNING
from tests.e2e.http_client import hidden_fields
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import (
    PASSPHRASE,
    RECIPIENT,
    SITE,
    WEB_KEY,
    FakeServices,
    request,
    text,
)

BUTTON = "Email a new link to Nafsiyat"
TOO_LATE = datetime(2023, 11, 1, 0, 0, 0, tzinfo=LONDON)  # sixty days after 1 September, and the clocks went back
SECOND = timedelta(seconds=1)
PAGES = pytest.mark.parametrize("page", ["acknowledge", "collect"])


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch, page: str) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.provider.acknowledge, functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    delivery = "inline" if page == "acknowledge" else "link"
    services.set(State="sent", SentOn="2023-09-01", Delivery=delivery, Attempts=1)
    services.now.moment = TOO_LATE
    return services


def token(services: FakeServices, page: str) -> str:
    links = services.referrals.links
    made = links.to_acknowledge if page == "acknowledge" else links.to_collect
    return made(services.reference, MORNING).rpartition("/")[2]


def ask(
    services: FakeServices, page: str, method: str = "GET", sent: dict[str, str] | None = None, **more: str
) -> func.HttpResponse:
    req = request(method, more.get("of") or token(services, page), more.get("act", ""), sent, more.get("done", ""))
    if page == "collect":
        answer = collect(req, Outbox())
    else:
        answer = acknowledge(req, Outbox()) if method == "POST" else acknowledge_form(req)
    assert isinstance(answer, func.HttpResponse)
    return answer


def form(services: FakeServices, page: str, of: str = "") -> dict[str, str]:
    fields = hidden_fields(ask(services, page, of=of).get_body().decode())
    services.now.moment += 3 * SECOND
    return fields


def press(services: FakeServices, page: str) -> func.HttpResponse:
    return ask(services, page, "POST", form(services, page))


@PAGES
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_it_opens_to_the_last_second_and_then_nothing_however_often(
    page: str, method: str, services: FakeServices
) -> None:
    services.now.moment = TOO_LATE - SECOND
    assert ask(services, page, method).status_code == 200
    services.now.moment = TOO_LATE
    before = services.stored

    answers = [ask(services, page, method) for _ in range(20)]

    assert {answer.status_code for answer in answers} == {410}
    assert BUTTON in text(answers[0])
    assert "anary" not in answers[0].get_body().decode()
    assert (services.stored, services.sender.messages) == (before, [])


@PAGES
@pytest.mark.parametrize("act", ["", "file", "acknowledge", "keep"])
def test_no_act_with_an_expired_link_changes_or_shows_anything(page: str, act: str, services: FakeServices) -> None:
    before = services.stored
    for sent in ({"passphrase": PASSPHRASE}, {"saved": "yes"}, {"act": "keep"}, {"proof": "1"}, {}):
        answer = ask(services, page, "POST", sent, act=act if page == "collect" else "")
        assert answer.status_code == 410
        assert "anary" not in answer.get_body().decode()

    assert (services.stored, services.sender.messages) == (before, [])


@PAGES
def test_the_button_emails_a_link_that_opens_to_the_one_address(page: str, services: FakeServices) -> None:
    answer = press(services, page)

    assert answer.headers["Location"].endswith("?done=emailed")
    assert "We have emailed a new link to Nafsiyat today" in text(ask(services, page, done="emailed"))
    [message] = services.sender.messages
    assert (message.to, message.subject) == (RECIPIENT, f"New link: self-referral {services.reference}")
    assert "anary" not in message.text + message.html
    [new] = re.findall(rf"{SITE}/{page}/([\w-]+)", message.text)
    services.now.moment += timedelta(minutes=5)
    assert ask(services, page, of=new).status_code == 200


@PAGES
def test_many_clicks_are_one_email_a_day(page: str, services: FakeServices) -> None:
    for _ in range(10):
        assert press(services, page).headers["Location"].endswith("?done=emailed")
    assert len(services.sender.messages) == 1

    services.now.moment += timedelta(days=1)
    press(services, page)
    assert len(services.sender.messages) == 2


@PAGES
def test_old_links_of_all_kinds_to_one_referral_share_the_one_email_of_the_day(
    page: str, services: FakeServices
) -> None:
    press(services, page)
    former = Signer((WEB_KEY,)).token(f"{page}-referral", services.reference)

    answer = ask(services, page, "POST", form(services, page, of=former), of=former)

    assert answer.headers["Location"].endswith("?done=emailed")
    assert len(services.sender.messages) == 1


@PAGES
def test_two_at_once_are_one_email(page: str, services: FakeServices) -> None:
    sent, answers = form(services, page), list[func.HttpResponse]()
    threads = [threading.Thread(target=lambda: answers.append(ask(services, page, "POST", sent))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {answer.status_code for answer in answers} == {303}
    assert len(services.sender.messages) == 1


@PAGES
def test_what_a_gateway_sends_by_itself_sends_no_email(page: str, services: FakeServices) -> None:
    fields = hidden_fields(ask(services, page).get_body().decode())
    other = Signer((WEB_KEY,)).token(f"{page}-referral", services.reference)
    assert ask(services, page, "POST", fields).status_code == 422, "at once"

    tries = [{"act": "new-link"}, fields | {"form_token": fields["form_token"][:-1]}, form(services, page, of=other)]
    assert {ask(services, page, "POST", sent).status_code for sent in tries} == {422}
    services.now.moment += timedelta(days=2)
    assert ask(services, page, "POST", fields).status_code == 422, "of the day before yesterday"
    assert services.sender.messages == []


@PAGES
def test_an_email_that_does_not_go_yet_is_not_called_sent(page: str, services: FakeServices) -> None:
    services.sender.trouble = {0: "throttled"}

    assert press(services, page).headers["Location"].endswith("?done=sending")
    assert "We are sending a new link" in text(ask(services, page, done="sending"))


@PAGES
@pytest.mark.parametrize("state", ["erased", "sent"])
def test_of_a_referral_that_is_gone_it_says_so_and_sends_nothing(state: str, page: str, services: FakeServices) -> None:
    """Also if its erasure was interrupted before its row said so."""
    sent = form(services, page)
    services.set(State=state, ErasedOn="2023-10-02")
    services.sealed.rows.clear()

    answers = [ask(services, page), ask(services, page, "POST", sent)]

    assert {answer.status_code for answer in answers} == {200}
    assert all("We no longer have this referral" in text(answer) for answer in answers)
    assert services.sender.messages == []


@PAGES
@pytest.mark.parametrize("cells", [{"State": "received", "SentOn": "", "Attempts": 0}, {}])
def test_of_one_that_was_never_sent_or_is_forgotten_there_is_no_link(
    page: str, cells: dict[str, str | int], services: FakeServices
) -> None:
    old = token(services, page)
    if cells:
        services.set(**cells)
    else:
        services.statuses.rows.clear()

    assert ask(services, page, of=old).status_code == 404
    assert ask(services, page, "POST", {"act": "new-link"}, of=old).status_code == 404


@PAGES
def test_of_one_that_was_set_aside_it_asks_for_no_contact_and_says_that_it_can_be_kept(
    page: str, services: FakeServices
) -> None:
    services.set(State="acknowledged", LastError="not-genuine", AcknowledgedOn="2023-10-31", OpenedOn="2023-10-31")

    answer = ask(services, page)

    assert answer.status_code == 410
    assert "Please contact this person" not in text(answer)
    assert "You have set this referral aside as not genuine" in text(answer)
    assert "If it is genuine, email yourself a new link and use it to tell us" in text(answer)
    assert BUTTON in text(answer)


@PAGES
def test_of_one_that_was_confirmed_it_says_how_to_have_it_kept(page: str, services: FakeServices) -> None:
    services.set(State="acknowledged", AcknowledgedOn="2023-10-31", OpenedOn="2023-10-31")

    answer = ask(services, page)

    assert "You have confirmed this referral" in text(answer)
    assert "If you do not have it, email yourself a new link and use it to tell us" in text(answer)
    assert "Please contact this person" in text(answer)


@PAGES
def test_of_one_that_waits_it_says_nothing_of_keeping_it(page: str, services: FakeServices) -> None:
    assert "use it to tell us" not in text(ask(services, page))
