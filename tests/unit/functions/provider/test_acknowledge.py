"""The provider confirms a referral with a box and a button; opening the link, or sending the form bare, does not."""

import re
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

import functions.provider.acknowledge
import shared.bootstrap
from functions.forms.tokens import issue_token
from functions.provider.acknowledge import acknowledge, acknowledge_form
from shared.content.content import Content
from shared.local_time import iso_day_in_words, local_day
from shared.referrals.collection.acknowledgement import AcknowledgementRecorder
from shared.referrals.repository import ReferralRepository
from shared.signing import Signer
from tests.builders import MORNING
from tests.e2e.http_client import hidden_fields
from tests.fakes import InjectedFault, with_fault
from tests.unit.functions.html_page import Page
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import SITE, WEB_KEY, FakeServices, request, text


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    """A referral whose email went out an hour ago."""
    services = FakeServices(content)
    for module in (functions.provider.acknowledge, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    services.set(State="sent", SentOn="2023-09-01", Delivery="inline", Attempts=1)
    services.now.moment = SENT_AT + timedelta(hours=1)
    return services


SENT_AT = MORNING
SECOND = timedelta(seconds=1)


def token(services: FakeServices) -> str:
    return services.referrals.links.to_acknowledge(services.reference, SENT_AT).removeprefix(f"{SITE}/acknowledge/")


def look(services: FakeServices, method: str = "GET", done: str = "", of: str = "") -> func.HttpResponse:
    answer = acknowledge_form(request(method, of or token(services), done=done))
    assert isinstance(answer, func.HttpResponse)
    return answer


def form(services: FakeServices, of: str = "") -> dict[str, str]:
    """What the page sends once someone has selected its box, 3 seconds after it was opened."""
    fields = hidden_fields(look(services, of=of).get_body().decode())
    services.now.moment += 3 * SECOND
    return fields | {"saved": "yes"}


def send(services: FakeServices, sent: dict[str, str], outbox: Outbox | None = None, of: str = "") -> func.HttpResponse:
    answer = acknowledge(request("POST", of or token(services), sent=sent), outbox or Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def press(services: FakeServices, outbox: Outbox | None = None) -> func.HttpResponse:
    return send(services, form(services), outbox)


def is_page_again(answer: func.HttpResponse) -> bool:
    """True if the answer is the page to confirm, with a fresh token."""
    return answer.status_code == 422 and bool(hidden_fields(answer.get_body().decode())["form_token"])


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
    assert "Save them where you keep your records" in text(answer)
    assert "I can read the answers and have saved them" in text(answer)
    assert "anary" not in shown.html
    assert shown.all("action", "form") == [f"/acknowledge/{token(services)}"]


def test_box_and_button_confirm_it_and_delete_nothing(services: FakeServices) -> None:
    outbox, sealed = Outbox(), dict(services.sealed.rows)

    answer = press(services, outbox)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/acknowledge/{token(services)}?done=now")
    assert outbox.messages == [], "there is nothing to be done yet"
    assert services.state() == "acknowledged"
    assert services.sealed.rows == sealed, "this side never touches the answers"
    assert "Thank you for confirming" in text(look(services, done="now"))
    assert "We keep our copy for 3 working days after you confirm" in text(look(services, done="now"))


def test_a_second_press_says_that_it_was_said_already(services: FakeServices) -> None:
    sent = form(services)
    send(services, sent)
    before = services.stored

    answer = send(services, sent)

    assert answer.headers["Location"].endswith("?done=already")
    assert services.stored == before
    assert "You have already confirmed this" in text(look(services, done="already"))


def test_an_address_that_claims_it_is_done_shows_the_button_where_it_is_not(services: FakeServices) -> None:
    assert "Confirm you have this referral" in text(look(services, done="now"))
    assert services.state() == "sent"


def test_a_bare_post_gets_the_page_again_and_changes_nothing(services: FakeServices) -> None:
    before, outbox = services.stored, Outbox()

    assert is_page_again(send(services, {}, outbox))
    assert (services.stored, outbox.messages) == (before, [])


@pytest.mark.parametrize(
    ("missing", "told"),
    [("saved", "Select the box if you can read the answers"), ("form_token", "Confirm again. This page was open")],
)
def test_without_the_box_or_the_token_nothing_changes(missing: str, told: str, services: FakeServices) -> None:
    before, outbox = services.stored, Outbox()
    sent = form(services)
    for changed in ({name: sent[name] for name in sent if name != missing}, sent | {missing: "no"}):
        answer = send(services, changed, outbox)
        assert is_page_again(answer)
        assert told in text(answer)
    assert (services.stored, outbox.messages) == (before, [])


@pytest.mark.parametrize(
    ("age", "counts"),
    [(0.0, False), (2.9, False), (3.0, True), (86_399.9, True), (86_401, False), (-60, False)],
)
def test_the_page_counts_from_three_seconds_to_a_day_after_it_was_opened(
    age: float, counts: bool, services: FakeServices
) -> None:
    sent = form(services)
    services.now.moment += age * SECOND - 3 * SECOND

    answer = send(services, sent)

    assert (answer.status_code == 303, is_page_again(answer)) == (counts, not counts)
    assert services.state() == ("acknowledged" if counts else "sent")


def test_the_token_of_another_link_counts_for_nothing(services: FakeServices) -> None:
    links, sent = services.referrals.links, form(services)
    others = [links.to_acknowledge("34679CDF", SENT_AT), links.to_acknowledge(services.reference, SENT_AT - SECOND)]
    issued = SENT_AT + timedelta(minutes=30)
    tokens = [issue_token(links.signer, "acknowledge", f"{each.rpartition('/')[2]}/0.0", issued) for each in others]
    tokens.append(issue_token(Signer((b"n" * 32,)), "acknowledge", f"{token(services)}/0.0", issued))
    tokens.append(issue_token(links.signer, "one-to-one", f"{token(services)}/0.0", issued))

    for each in (*tokens, "1-x", ""):
        assert is_page_again(send(services, sent | {"form_token": each}))
    assert services.state() == "sent"
    own = issue_token(links.signer, "acknowledge", f"{token(services)}/0.0", issued)
    assert send(services, sent | {"form_token": own}).status_code == 303


def test_the_token_of_a_page_about_an_earlier_email_counts_for_nothing(services: FakeServices) -> None:
    sent = form(services)
    services.set(State="sent", Epoch=1)

    assert is_page_again(send(services, sent))
    assert services.state() == "sent"
    assert press(services).status_code == 303


def test_one_that_is_sent_again_in_the_same_moment_is_not_confirmed(services: FakeServices) -> None:
    sent, recorder = form(services), services.referrals.acknowledgements

    class Faster(AcknowledgementRecorder):
        def acknowledge(self, reference: str, now: Any, *, version: str = "") -> Any:
            services.set(State="sent", Epoch=1)
            return recorder.acknowledge(reference, now, version=version)

    services.referrals.acknowledgements = Faster(recorder.statuses)

    assert is_page_again(send(services, sent))
    assert services.state() == "sent"


@pytest.mark.parametrize("seconds", [0, 60, 116])
def test_within_two_minutes_of_sending_it_is_asked_for_again(seconds: int, services: FakeServices) -> None:
    services.now.moment = SENT_AT + seconds * SECOND
    assert "You can confirm in 2 minutes" in text(look(services))

    answer = press(services)

    assert is_page_again(answer)
    assert "Please confirm again in a few minutes" in text(answer)
    assert services.state() == "sent"
    services.now.moment = SENT_AT + timedelta(minutes=2)
    assert press(services).status_code == 303


@pytest.mark.parametrize("jump", [timedelta(days=-3650), timedelta(days=3650)])
def test_a_clock_that_jumped_when_it_was_sent_shuts_no_one_out(jump: timedelta, services: FakeServices) -> None:
    services.now.moment += jump
    fields = hidden_fields(look(services).get_body().decode())
    services.now.moment += 3 * SECOND

    assert send(services, fields).status_code == 303
    [message] = services.sender.messages
    [new] = re.findall(r"/acknowledge/([\w-]+)", message.text)
    services.now.moment += timedelta(minutes=2)
    assert send(services, form(services, new), of=new).status_code == 303
    assert services.state() == "acknowledged"


def test_a_link_that_the_web_apps_key_signed_confirms_nothing_and_offers_a_new_one(services: FakeServices) -> None:
    old = Signer((WEB_KEY,)).token("acknowledge-referral", services.reference)
    own = form(services)
    before = services.stored

    answers = [look(services, of=old), send(services, own, of=old), send(services, form(services, old), of=old)]

    assert [answer.status_code for answer in answers[:2]] == [410, 410]
    assert "Email a new link to Nafsiyat" in text(answers[0])
    assert services.stored == before
    assert (len(services.sender.messages), services.state()) == (1, "sent")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "text/plain", "application/json"])
def test_a_body_that_no_page_of_ours_sends_gets_the_page_again(kind: str, services: FakeServices) -> None:
    sent = func.HttpRequest(
        "POST",
        SITE,
        headers={"content-type": kind},
        params={},
        route_params={"token": token(services)},
        body=b"saved=yes",
    )

    answer = acknowledge(sent, Outbox())

    assert isinstance(answer, func.HttpResponse)
    assert is_page_again(answer)
    assert services.state() == "sent"


@pytest.mark.parametrize("cells", [{"Delivery": "link"}, {"State": "received", "SentOn": "", "Attempts": 0}])
def test_one_that_no_email_with_such_a_link_holds_cannot_be_confirmed_by_whoever_makes_the_link(
    cells: dict[str, str | int], services: FakeServices
) -> None:
    sent = form(services)
    services.set(**cells)
    before = services.stored

    assert (look(services).status_code, send(services, sent).status_code) == (404, 404)
    assert services.stored == before


def test_when_the_copy_is_deleted_the_page_says_so_and_has_one_form_to_tell_the_person(
    services: FakeServices,
) -> None:
    services.set(State="erased", AcknowledgedOn="2023-09-04", ErasedOn="2023-09-04")
    answer = look(services)

    assert "Deleted by us Monday 4 September 2023" in text(answer)
    assert len(Page(answer.get_body().decode()).all("action", "form")) == 1
    assert hidden_fields(answer.get_body().decode()).keys() == {"word_token"}


@pytest.mark.parametrize("state", ["erased", "delivered"])
def test_one_that_was_deleted_unanswered_says_whom_to_tell(state: str, services: FakeServices) -> None:
    """Also if its erasure was interrupted before its row said so."""
    services.set(State=state, ErasedOn="2023-10-04")
    services.sealed.rows.clear()

    assert "We no longer have this referral" in text(look(services))


def bad_tokens(services: FakeServices) -> dict[str, str]:
    own = token(services)
    return {
        "empty": "",
        "changed": ("A" if own[0] != "A" else "B") + own[1:],
        "cut": own[:-1],
        "to collect": services.referrals.links.to_collect(services.reference, SENT_AT).rpartition("/")[2],
        "of one forgotten": services.referrals.links.to_acknowledge("99999999", SENT_AT).rpartition("/")[2],
    }


def test_links_that_are_not_good_are_all_answered_in_the_same_words_and_change_nothing(services: FakeServices) -> None:
    before = services.stored
    answers: list[Any] = []
    for each in bad_tokens(services).values():
        answers += [acknowledge_form(request("GET", each)), send(services, {"saved": "yes"}, of=each or "-")]

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


KEEP = "Keep it: we do not have it"


def confirmed(services: FakeServices) -> dict[str, str]:
    """What the thank-you page sends when its button is pressed, 3 seconds after it was opened."""
    press(services)
    return keep_form(services)


def keep_form(services: FakeServices) -> dict[str, str]:
    fields = hidden_fields(look(services, done="now").get_body().decode())
    services.now.moment += 3 * SECOND
    return fields


def test_who_does_not_have_it_after_all_has_it_kept_and_sent_again_once(services: FakeServices) -> None:
    sent, outbox, sealed = confirmed(services), Outbox(), dict(services.sealed.rows)
    assert all(KEEP in text(look(services, done=done)) for done in ("now", "already", ""))

    answer = send(services, sent, outbox)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/acknowledge/{token(services)}?done=kept")
    assert outbox.messages == [f'{{"v": "1", "referral": "{services.reference}"}}']
    assert services.state() == "received"
    assert services.sealed.rows == sealed
    page = look(services, done="kept")
    assert (page.status_code, "We are sending it to you again" in text(page)) == (200, True)
    assert send(services, {"saved": "yes"}).status_code in {200, 422}


def test_the_same_page_sent_twice_says_that_it_is_kept_and_reports_no_mistake(services: FakeServices) -> None:
    sent, outbox = confirmed(services), Outbox()
    send(services, sent, outbox)
    before = services.stored

    again = send(services, sent, outbox)

    assert (again.status_code, "We are sending it to you again" in text(again)) == (200, True)
    assert "Select the button again" not in text(again)
    assert (services.stored, len(outbox.messages)) == (before, 1)


def test_the_second_time_a_person_looks_and_it_is_kept(services: FakeServices) -> None:
    send(services, confirmed(services))
    services.set(State="sent", SentOn="2023-09-01", Attempts=1)

    answer = send(services, confirmed(services))

    assert answer.headers["Location"].endswith("?done=kept")
    assert services.state() == "attention"
    assert "the team who run this service will contact you" in text(look(services, done="kept"))


@pytest.mark.parametrize("age", [0.0, 2.9, 86_401])
def test_a_page_that_was_open_for_too_short_or_too_long_a_time_keeps_nothing(
    age: float, services: FakeServices
) -> None:
    sent = confirmed(services)
    services.now.moment += age * SECOND - 3 * SECOND
    before = services.stored

    answer = send(services, sent)

    assert answer.status_code == 422
    assert KEEP in text(answer)
    assert services.stored == before


def test_no_other_form_has_it_kept_or_confirmed(services: FakeServices) -> None:
    acknowledging = form(services)
    keeping = confirmed(services)
    before = services.stored

    for sent in ({"act": "keep"}, acknowledging | {"act": "keep"}, keeping | {"form_token": "1.x"}):
        assert send(services, sent).status_code == 422
        assert services.stored == before
    send(services, keeping)
    services.set(State="sent", SentOn="2023-09-01", Attempts=1)
    before = services.stored
    for sent in (acknowledging, keeping, keeping | {"saved": "yes"}, acknowledging | {"act": "keep"}):
        assert is_page_again(send(services, sent)), "a page about the email before acts no more"
    assert services.stored == before


def test_the_token_of_a_page_does_not_confirm_what_was_kept_for_the_second_time(services: FakeServices) -> None:
    send(services, confirmed(services))
    services.set(State="sent", SentOn="2023-09-01", Attempts=1)
    old = form(services)
    send(services, confirmed(services))

    assert is_page_again(send(services, old))
    assert services.state() == "attention"


def test_two_who_have_it_kept_at_once_are_one(services: FakeServices) -> None:
    sent, recorder = confirmed(services), services.referrals.acknowledgements

    class Second(AcknowledgementRecorder):
        """Someone else is faster by a moment."""

        def keep(self, reference: str, now: Any, *, version: str) -> Any:
            recorder.keep(reference, now, version=version)
            return recorder.keep(reference, now, version=version)

    services.referrals.acknowledgements = Second(recorder.statuses)

    assert send(services, sent).status_code == 303
    assert services.state() == "received"


@pytest.mark.parametrize("cells", [{"State": "erased"}, {}])
def test_nothing_is_kept_that_is_deleted_or_about_to_be(cells: dict[str, str], services: FakeServices) -> None:
    sent, outbox = confirmed(services), Outbox()
    services.set(ErasedOn="2023-09-06", **cells)
    before = services.stored

    answer = send(services, sent, outbox)

    assert (answer.status_code, services.stored, outbox.messages) == (303, before, [])
    assert KEEP not in text(look(services))
    assert "we have deleted our copy" in text(look(services))


def test_after_an_email_that_came_back_a_confirmation_is_noted_and_a_person_looks(services: FakeServices) -> None:
    services.set(State="attention", LastError="quarantined")

    assert press(services).status_code == 303
    assert services.state() == "attention"
    assert "We keep our copy until the team who run this service have checked" in text(look(services, done="now"))
    assert KEEP not in text(look(services))


def test_the_page_says_the_day_that_the_person_was_promised(services: FakeServices) -> None:
    weekdays = services.content.one_to_one.reply_weekdays
    day = iso_day_in_words(local_day(services.content.working_days.after(MORNING, weekdays)))

    assert f"Please contact this person by {day}." in text(look(services))


def test_one_that_was_opened_by_an_earlier_link_and_set_aside_says_so_and_can_be_kept(services: FakeServices) -> None:
    fields = form(services)
    services.referrals.acknowledgements.set_aside(services.reference, services.now())

    confirmed = send(services, fields)
    shown = look(services)

    assert confirmed.status_code == 303
    assert services.statuses.rows["referrals", services.reference].text("LastError") == "not-genuine"
    assert "This referral is set aside as not genuine" in text(shown)
    assert Page(shown.get_body().decode()).all("value", "input")[0] == "keep"
    services.now.moment += 3 * SECOND
    kept = send(services, hidden_fields(shown.get_body().decode()))
    assert kept.headers["Location"].endswith("?done=kept")
    assert services.state() == "received"
