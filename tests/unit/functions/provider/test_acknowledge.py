"""The provider says with one button that a referral has come; opening the link says nothing."""

from typing import Any

import azure.functions as func
import pytest

import functions.provider.acknowledge
import shared.bootstrap
from functions.provider.acknowledge import acknowledge, acknowledge_form
from shared.content.content import Content
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.repository import ReferralRepository
from tests.fakes import InjectedFault, with_fault
from tests.unit.functions.html_page import Page
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import SITE, FakeServices, request, text


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.provider.acknowledge, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def token(services: FakeServices) -> str:
    return services.referrals.links.to_acknowledge(services.reference).removeprefix(f"{SITE}/acknowledge/")


def look(services: FakeServices, method: str = "GET", done: str = "") -> func.HttpResponse:
    answer = acknowledge_form(request(method, token(services), done=done))
    assert isinstance(answer, func.HttpResponse)
    return answer


def press(services: FakeServices, outbox: Outbox | None = None, of: str = "") -> func.HttpResponse:
    answer = acknowledge(request("POST", of or token(services)), outbox or Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_mail_scanner_may_open_it_a_hundred_times_and_nothing_changes(method: str, services: FakeServices) -> None:
    before = services.stored

    assert {look(services, method).status_code for _ in range(100)} == {200}
    assert services.stored == before


def test_the_page_shows_the_reference_and_days_and_nothing_of_what_was_written(services: FakeServices) -> None:
    services.set(SentOn="2023-09-04")
    answer = look(services)
    shown = Page(answer.get_body().decode())

    assert [each in text(answer) for each in (services.reference, "Friday 1 September 2023", "Monday 4 September 2023")]
    assert "Save it first" in text(answer)
    assert "Our copy is then deleted" in text(answer)
    assert "anary" not in shown.html
    assert shown.all("action", "form") == [f"/acknowledge/{token(services)}"]


def test_the_button_says_that_it_has_come_and_tells_the_worker_at_once(services: FakeServices) -> None:
    outbox, sealed = Outbox(), dict(services.sealed.rows)

    answer = press(services, outbox)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/acknowledge/{token(services)}?done=now")
    assert outbox.messages == [f'{{"v": "1", "referral": "{services.reference}"}}']
    assert services.state() == "acknowledged"
    assert services.sealed.rows == sealed, "this side never touches the answers"
    assert "Thank you" in text(look(services, done="now"))
    assert "Our copy of the answers is being deleted" in " ".join(
        text(look(services)).replace("our copy", "Our copy").split()
    )


def test_a_second_press_says_that_it_was_said_already(services: FakeServices) -> None:
    press(services)
    before = services.stored

    answer = press(services)

    assert answer.headers["Location"].endswith("?done=already")
    assert services.stored == before
    assert "You had already told us" in text(look(services, done="already"))


def test_an_address_that_claims_it_is_done_shows_the_button_where_it_is_not(services: FakeServices) -> None:
    assert "We have received this referral" in text(look(services, done="now"))
    assert services.state() == "received"


def test_when_the_copy_is_deleted_the_page_says_so_and_has_no_button(services: FakeServices) -> None:
    services.set(State="erased", AcknowledgedOn="2023-09-04", ErasedOn="2023-09-04")
    answer = look(services)

    assert "Deleted by us Monday 4 September 2023" in text(answer)
    assert Page(answer.get_body().decode()).all("action", "form") == []


def test_one_that_was_deleted_unanswered_says_whom_to_tell(services: FakeServices) -> None:
    services.set(State="erased", ErasedOn="2023-10-04")

    assert "We no longer have this referral" in text(look(services))


def bad_tokens(services: FakeServices) -> dict[str, str]:
    own = token(services)
    return {
        "empty": "",
        "changed": ("A" if own[0] != "A" else "B") + own[1:],
        "cut": own[:-1],
        "to collect": services.referrals.links.to_collect(services.reference).rpartition("/")[2],
        "of one forgotten": services.referrals.links.to_acknowledge("99999999").rpartition("/")[2],
    }


def test_links_that_are_not_good_are_all_answered_in_the_same_words_and_change_nothing(services: FakeServices) -> None:
    before = services.stored
    answers: list[Any] = []
    for each in bad_tokens(services).values():
        answers += [acknowledge_form(request("GET", each)), press(services, of=each or "-")]

    assert {(answer.status_code, text(answer)) for answer in answers} == {(404, text(answers[0]))}
    assert "This link is not valid or has been used" in text(answers[0])
    assert services.stored == before


def test_while_storage_does_not_answer_the_provider_is_told_that_nothing_is_lost(services: FakeServices) -> None:
    broken = with_fault(InjectedFault(0, "lost-request"))(services.statuses)
    services.referrals.acknowledgements = AcknowledgementRecorder(
        ReferralRepository(broken, services.sealed, services.sealed)
    )

    answer = look(services)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing is lost" in text(answer)
