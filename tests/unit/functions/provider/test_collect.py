"""The provider opens a referral with a passphrase, saves it, and has it deleted; opening the link does nothing."""

from dataclasses import replace
from datetime import timedelta

import azure.functions as func
import pytest

import functions.provider.collect
import shared.bootstrap
from functions.forms.tokens import issue_token
from functions.provider.collect import collect
from shared.content.content import Content
from shared.local_time import iso_day_in_words, local_day
from shared.referrals.collection.wrong_tries import WrongTries
from shared.referrals.errors import KeyUnavailableError
from tests.builders import MORNING
from tests.e2e.http_client import hidden_fields
from tests.fakes import InjectedFault, with_fault
from tests.unit.functions.html_page import Page
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import (
    PASSPHRASE,
    PRIVATE,
    SITE,
    STORY,
    WRONG,
    FakeServices,
    request,
    text,
)

pytestmark = pytest.mark.usefixtures("passphrases_compared_once")

NOT_LEFT = (
    "from your Downloads folder once it is in your records. Do not save it on a computer account that other people use."
)


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def token(services: FakeServices) -> str:
    return services.referrals.links.to_collect(services.reference, MORNING).removeprefix(f"{SITE}/collect/")


def look(services: FakeServices, method: str = "GET", act: str = "", done: str = "") -> func.HttpResponse:
    answer = collect(request(method, token(services), act, done=done), Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def send(services: FakeServices, act: str = "", outbox: Outbox | None = None, **sent: str) -> func.HttpResponse:
    answer = collect(request("POST", token(services), act, sent), outbox or Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def opened(services: FakeServices) -> tuple[func.HttpResponse, str]:
    answer = send(services, passphrase=PASSPHRASE)
    return answer, hidden_fields(answer.get_body().decode())["proof"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_mail_scanner_may_open_it_a_hundred_times_and_nothing_changes(method: str, services: FakeServices) -> None:
    before = services.stored

    assert {look(services, method).status_code for _ in range(100)} == {200}
    assert services.stored == before
    assert "anary" not in look(services).get_body().decode()


def test_the_passphrase_travels_in_a_body_and_is_not_kept_by_the_browser(services: FakeServices) -> None:
    page = Page(look(services).get_body().decode())

    assert (page.all("action", "form"), page.all("method", "form")) == ([f"/collect/{token(services)}"], ["post"])
    assert page.all("autocomplete", "form", "input") == ["off", "off"]
    assert page.element("passphrase")["type"] == "password"


def test_the_passphrase_shows_every_answer_literally_in_any_script_as_often_as_needed(services: FakeServices) -> None:
    for _ in range(7):
        answer, _ = opened(services)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        for line in ("Canary Zoë", *STORY.splitlines(), services.reference):
            assert line in text(answer)
        assert "<b>in" not in answer.get_body().decode()
    assert services.state() == "received"


def test_what_is_shown_carries_neither_passphrase_nor_reference_where_an_address_is_logged(
    services: FakeServices,
) -> None:
    answer, proof = opened(services)
    page = Page(answer.get_body().decode())

    assert PASSPHRASE not in page.html
    acts = ("file", "acknowledge", "not-genuine")
    assert page.all("action", "form") == [f"/collect/{token(services)}/{act}" for act in acts]
    assert set(page.all("method", "form")) == {"post"}
    assert not any(each in url for url in page.all("action", "form") for each in (services.reference, proof))


def test_a_wrong_passphrase_is_answered_with_the_page_again_and_never_shown_again(services: FakeServices) -> None:
    answers = [send(services, passphrase=WRONG) for _ in range(5)]

    assert [answer.status_code for answer in answers] == [422] * 5
    for answer in answers:
        assert "This is not the passphrase. Check it, and enter it again" in text(answer)
        assert WRONG not in answer.get_body().decode()
        assert "Error: " in answer.get_body().decode()
        assert "lock" not in text(answer)
    assert opened(services)[0].status_code == 200


def mistaken(services: FakeServices, times: int) -> func.HttpResponse:
    """The answer to the last of so many wrong passphrases, on pages that were open for long."""
    old = []
    for _ in range(times):
        services.now.moment += timedelta(milliseconds=1)
        old.append(form_token(look(services)))
    services.now.moment += timedelta(minutes=1)
    return [send(services, passphrase=WRONG, form_token=each) for each in old][-1]


def form_token(page: func.HttpResponse) -> str:
    return hidden_fields(page.get_body().decode())["form_token"]


def test_after_the_sixth_wrong_one_the_page_says_how_long_to_wait(services: FakeServices) -> None:
    assert "This is not the passphrase. Wait 1 second, then enter it again" in text(mistaken(services, 6))
    assert "This is not the passphrase. Wait 15 seconds, then enter it again" in text(mistaken(services, 5))


def test_too_soon_is_neither_compared_nor_counted_and_the_wait_ends(services: FakeServices) -> None:
    page = mistaken(services, 12)
    before = dict(services.tries.rows)
    for waited, left in ((0, "15 seconds"), (5, "10 seconds"), (9, "1 second")):
        services.now.moment += timedelta(seconds=waited)
        for passphrase in (PASSPHRASE, WRONG):
            page = send(services, passphrase=passphrase, form_token=form_token(page))
            assert page.status_code == 422
            assert f"Wait {left}, then enter the passphrase again" in text(page)
            assert "anary" not in page.get_body().decode()
    assert services.tries.rows == before

    services.now.moment += timedelta(seconds=1)
    answer = send(services, passphrase=PASSPHRASE, form_token=form_token(page))

    assert (answer.status_code, "Canary Zoë" in text(answer)) == (200, True)


def test_a_page_that_had_its_comparison_gets_a_new_token_and_that_one_opens_it(services: FakeServices) -> None:
    mistaken(services, 12)
    old = form_token(look(services))
    services.now.moment += timedelta(minutes=1)
    send(services, passphrase=WRONG, form_token=old)
    before = dict(services.tries.rows)

    again = send(services, passphrase=PASSPHRASE, form_token=old)  # with "Back", perhaps

    assert "Wait 15 seconds, then enter the passphrase again" in text(again)
    assert "anary" not in text(again)
    assert form_token(again) != old
    assert services.tries.rows == before
    services.now.moment += timedelta(seconds=15)
    assert send(services, passphrase=PASSPHRASE, form_token=form_token(again)).status_code == 200


def test_an_empty_field_does_not_make_the_wait_start_afresh(services: FakeServices) -> None:
    mistaken(services, 12)
    old = form_token(look(services))
    services.now.moment += timedelta(seconds=14)

    empty = send(services, passphrase="", form_token=old)

    assert "Enter the passphrase" in text(empty)
    services.now.moment += timedelta(seconds=1)
    assert send(services, passphrase=PASSPHRASE, form_token=form_token(empty)).status_code == 200


def test_only_this_links_page_of_less_than_a_day_ago_has_waited(services: FakeServices) -> None:
    other = services.referrals.links.to_collect("99999999", MORNING).rpartition("/")[2]
    signer = services.referrals.links.signer
    mistaken(services, 12)
    page, now = look(services), services.now.moment
    services.now.moment += timedelta(minutes=30)
    foreign = [
        issue_token(signer, "passphrase", other, now),
        issue_token(signer, "acknowledge", token(services), now),
        issue_token(signer, "passphrase", token(services), now + timedelta(hours=1)),
        issue_token(signer, "passphrase", token(services), now - timedelta(hours=24)),
        *("", "1.x", "9" * 40, form_token(page)[:-1]),
    ]

    for each in foreign:
        answer = send(services, passphrase=PASSPHRASE, form_token=each)
        assert "Wait 15 seconds, then enter the passphrase again" in text(answer)
        assert form_token(answer) not in foreign
    assert send(services, passphrase=PASSPHRASE, form_token=form_token(page)).status_code == 200


def test_an_hour_later_no_one_has_to_wait(services: FakeServices) -> None:
    mistaken(services, 12)
    services.now.moment += timedelta(hours=1)

    assert opened(services)[0].status_code == 200


def test_whoever_cannot_open_it_reads_whom_to_ring(services: FakeServices) -> None:
    them = services.content.operators
    ring = f"call {them.name} on {them.phone} "
    missing = collect(request("GET", "nothing", ""), Outbox())
    assert f"If the passphrase does not work, {ring}" in text(look(services)) + " "
    assert f"If the passphrase does not work, {ring}" in text(send(services, passphrase=WRONG)) + " "
    assert f"If you cannot open a referral, {ring}" in text(missing) + " "
    services.set(State="erased", ErasedOn="2023-09-06", AcknowledgedOn="2023-09-01")
    assert f"If you cannot find it, {ring}" in text(look(services)) + " "


def test_whoever_saves_a_file_reads_where_not_to_leave_it(services: FakeServices) -> None:
    page, proof = opened(services)
    send(services, "acknowledge", proof=proof)

    assert f"Delete the file {NOT_LEFT}" in text(page)
    assert f"delete it {NOT_LEFT}" in text(look(services, done="now"))


def test_nothing_entered_is_no_try(services: FakeServices) -> None:
    for _ in range(9):
        assert "Enter the passphrase" in text(send(services))
        assert send(services, passphrase="  ").status_code == 422
    assert services.tries.rows == {}


def test_it_is_saved_as_a_file_of_plain_text_that_no_browser_keeps(services: FakeServices) -> None:
    answer = send(services, "file", proof=opened(services)[1])
    saved = answer.get_body().decode("utf-8-sig")

    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="referral-{services.reference}.txt"'
    assert answer.headers["Cache-Control"] == "no-store"
    for line in ("Canary Zoë", *STORY.splitlines()):
        assert line in saved
    assert services.state() == "received"


def test_who_has_saved_it_says_so_and_nothing_is_deleted_yet(services: FakeServices) -> None:
    outbox, sealed = Outbox(), dict(services.sealed.rows)

    answer = send(services, "acknowledge", outbox, proof=opened(services)[1])

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(services)}?done=now")
    assert outbox.messages == [], "there is nothing to be done yet"
    assert services.state() == "acknowledged"
    assert services.sealed.rows == sealed
    assert "We keep our copy for 3 working days after you confirm" in text(look(services, done="now"))


def test_a_second_press_and_a_late_passphrase_are_told_kindly_that_it_is_done(services: FakeServices) -> None:
    proof = opened(services)[1]
    send(services, "acknowledge", proof=proof)
    services.sealed.rows.clear()
    services.set(State="erased", ErasedOn="2023-09-06")
    outbox = Outbox()

    for answer in (
        send(services, "acknowledge", outbox, proof=proof),
        send(services, "file", proof=proof),
        send(services, passphrase=PASSPHRASE),
        send(services, passphrase=WRONG),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(services)}")
    assert outbox.messages == []
    assert "You do not need to do anything else" in text(look(services))
    assert services.tries.rows == {}


@pytest.mark.parametrize("passphrase", [PASSPHRASE, WRONG])
def test_after_an_erasure_that_was_interrupted_the_page_says_that_it_is_gone(
    passphrase: str, services: FakeServices
) -> None:
    services.set(State="sent", SentOn="2023-06-03", Delivery="link", ErasedOn="2023-09-01")
    services.sealed.rows.clear()

    answer = send(services, passphrase=passphrase)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(services)}")
    assert "We no longer have this referral" in text(look(services))
    assert "Deleted by us Friday 1 September 2023" in text(look(services))
    assert (services.state(), services.tries.rows) == ("erased", {})


def test_who_does_not_have_it_after_all_has_it_kept_and_sent_again_once(services: FakeServices) -> None:
    proof, outbox = opened(services)[1], Outbox()
    send(services, "acknowledge", proof=proof)
    page = look(services, done="now")
    fields = {"form_token": hidden_fields(page.get_body().decode())["form_token"]}

    assert Page(page.get_body().decode()).all("action", "form") == [
        f"/collect/{token(services)}/{act}" for act in ("keep", "word")
    ]
    for sent in ({}, fields, {"proof": proof}, {"form_token": "1.x"}):
        assert send(services, "keep", outbox, **sent).status_code == 422, "bare, or at once"
    assert (services.state(), outbox.messages) == ("acknowledged", [])
    services.now.moment += timedelta(seconds=3)
    answer = send(services, "keep", outbox, **fields)

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(services)}?done=kept")
    assert outbox.messages == [f'{{"v": "1", "referral": "{services.reference}"}}']
    assert services.state() == "received"
    assert "We have kept our copy" in text(look(services, done="kept"))
    page, fresh = opened(services)
    assert page.status_code == 200
    assert send(services, "keep", outbox, **fields).status_code == 200, "the page of the email before acts no more"
    assert send(services, "acknowledge", proof=proof).status_code == 422, "nor does the one that showed the answers"
    assert services.state() == "received"
    assert send(services, "acknowledge", proof=fresh).status_code == 303
    assert services.state() == "acknowledged", "who has seen the answers has them, whether the email came again or not"


@pytest.mark.parametrize("act", ["file", "acknowledge"])
@pytest.mark.parametrize("proof", ["", "1-x", "1693555200-AAAAAAAAAAAAAAAAAAAAAA"])
def test_without_a_proof_of_having_opened_it_nothing_is_saved_or_deleted(
    act: str, proof: str, services: FakeServices
) -> None:
    answer = send(services, act, proof=proof)

    assert answer.status_code == 422
    assert "Enter the passphrase again" in text(answer)
    assert services.state() == "received"


def test_after_half_an_hour_the_passphrase_is_asked_for_again(services: FakeServices) -> None:
    _, proof = opened(services)
    services.now.moment += timedelta(minutes=30)

    for act in ("file", "acknowledge"):
        assert "Enter the passphrase again" in text(send(services, act, proof=proof))
    assert send(services, "acknowledge", proof=opened(services)[1]).status_code == 303


def test_while_the_vault_is_down_the_page_says_that_nothing_is_lost(services: FakeServices) -> None:
    class Down:
        def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
            raise KeyUnavailableError("HTTP 503")

    services.unwrapper = Down()
    for answer in [send(services, passphrase=PASSPHRASE) for _ in range(7)]:
        assert answer.status_code == 503
        assert "Nothing is lost" in text(answer)
    services.unwrapper = PRIVATE
    assert opened(services)[0].status_code == 200


@pytest.mark.parametrize("at", [0, 1])
def test_where_tries_cannot_be_counted_no_one_may_try_and_nothing_is_lost(at: int, services: FakeServices) -> None:
    assert services.referrals.collector is not None
    broken = WrongTries(with_fault(InjectedFault(at, "lost-request"))(services.tries))
    services.referrals.collector = replace(services.referrals.collector, tries=broken)

    answer = send(services, passphrase=PASSPHRASE)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing is lost" in text(answer)
    assert "anary" not in answer.get_body().decode()
    assert opened(services)[0].status_code == 200


def test_what_is_printed_is_the_answers_without_the_buttons(services: FakeServices) -> None:
    body = opened(services)[0].get_body().decode()
    printed, _, hidden = body.partition('class="nhsuk-u-display-none-print"')

    assert "Canary Zoë" in printed
    assert "<form" not in printed
    assert hidden.count("<form") == 3


@pytest.mark.parametrize(("method", "act"), [("GET", "file"), ("GET", "acknowledge"), ("HEAD", "file"), ("POST", "x")])
def test_there_is_nothing_at_any_other_address(method: str, act: str, services: FakeServices) -> None:
    answer = collect(request(method, token(services), act, {"passphrase": PASSPHRASE}), Outbox())

    assert answer.status_code == 404
    assert services.state() == "received"


def test_links_that_are_not_good_are_all_answered_in_the_same_words(services: FakeServices) -> None:
    own, links = token(services), services.referrals.links
    bad = [
        "",
        own[:-1],
        own + "A",
        links.to_acknowledge(services.reference, MORNING),
        links.to_collect("99999999", MORNING),
    ]
    answers = [
        collect(request(method, each.rpartition("/")[2], "", {"passphrase": PASSPHRASE}), Outbox())
        for each in bad
        for method in ("GET", "POST")
    ]

    assert {(answer.status_code, text(answer)) for answer in answers} == {(404, text(answers[0]))}
    assert services.tries.rows == {}


def test_the_app_that_faces_the_public_has_no_such_page(services: FakeServices) -> None:
    services.referrals.collector = None

    for answer in (look(services), send(services, passphrase=PASSPHRASE)):
        assert answer.status_code == 404
        assert services.reference not in text(answer)


def test_every_page_says_the_day_that_the_person_was_promised(services: FakeServices) -> None:
    weekdays = services.content.one_to_one.reply_weekdays
    day = iso_day_in_words(local_day(services.content.working_days.after(MORNING, weekdays)))
    before, (page, proof) = look(services), opened(services)
    send(services, "acknowledge", proof=proof)

    for shown in (before, page, look(services)):
        assert f"Please contact this person by {day}." in text(shown)
