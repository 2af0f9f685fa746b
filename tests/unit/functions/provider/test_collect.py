"""The provider opens a referral with a passphrase, saves it, and has it deleted; opening the link does nothing."""

from dataclasses import replace
from datetime import timedelta

import azure.functions as func
import pytest

import functions.provider.collect
import shared.bootstrap
from functions.provider.collect import collect
from shared.content.content import Content
from shared.referrals.collection.lockout import Lockout
from shared.referrals.errors import KeyUnavailableError
from tests.e2e.http_client import hidden_fields
from tests.fakes import Trouble, breaking
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
from tests.unit.functions.test_pages import Page


@pytest.fixture
def built(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def token(built: FakeServices) -> str:
    return built.referral_links.to_collect(built.reference).removeprefix(f"{SITE}/collect/")


def look(built: FakeServices, method: str = "GET", act: str = "", done: str = "") -> func.HttpResponse:
    answer = collect(request(method, token(built), act, done=done), Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def send(built: FakeServices, act: str = "", outbox: Outbox | None = None, **sent: str) -> func.HttpResponse:
    answer = collect(request("POST", token(built), act, sent), outbox or Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def opened(built: FakeServices) -> tuple[func.HttpResponse, str]:
    answer = send(built, passphrase=PASSPHRASE)
    return answer, hidden_fields(answer.get_body().decode())["proof"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_mail_scanner_may_open_it_a_hundred_times_and_nothing_changes(method: str, built: FakeServices) -> None:
    before = built.stored

    assert {look(built, method).status_code for _ in range(100)} == {200}
    assert built.stored == before
    assert "anary" not in look(built).get_body().decode()


def test_the_passphrase_travels_in_a_body_and_is_not_kept_by_the_browser(built: FakeServices) -> None:
    page = Page(look(built).get_body().decode())

    assert (page.all("action", "form"), page.all("method", "form")) == ([f"/collect/{token(built)}"], ["post"])
    assert page.all("autocomplete", "form", "input") == ["off", "off"]
    assert page.element("passphrase")["type"] == "password"


def test_the_passphrase_shows_every_answer_literally_in_any_script_as_often_as_needed(built: FakeServices) -> None:
    for _ in range(7):
        answer, _ = opened(built)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        for line in ("Canary Zoë", *STORY.splitlines(), built.reference):
            assert line in text(answer)
        assert "<b>in" not in answer.get_body().decode()
    assert built.state() == "received"


def test_what_is_shown_carries_neither_passphrase_nor_reference_where_an_address_is_logged(built: FakeServices) -> None:
    answer, proof = opened(built)
    page = Page(answer.get_body().decode())

    assert PASSPHRASE not in page.html
    assert page.all("action", "form") == [f"/collect/{token(built)}/file", f"/collect/{token(built)}/acknowledge"]
    assert set(page.all("method", "form")) == {"post"}
    assert not any(each in url for url in page.all("action", "form") for each in (built.reference, proof))


def test_a_wrong_passphrase_is_answered_with_the_tries_left_and_never_shown_again(built: FakeServices) -> None:
    answers = [send(built, passphrase=WRONG) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [422] * 4
    for answer, left in zip(answers, ("4 more tries", "3 more tries", "2 more tries", "1 more try"), strict=True):
        assert f"This is not the passphrase. After {left} the link is locked" in text(answer)
        assert WRONG not in answer.get_body().decode()
        assert "Error: " in answer.get_body().decode()


def test_the_fifth_wrong_one_locks_the_link_for_an_hour(built: FakeServices) -> None:
    for _ in range(4):
        send(built, passphrase=WRONG)

    for passphrase in (WRONG, WRONG, PASSPHRASE):
        locked = send(built, passphrase=passphrase)
        assert (locked.status_code, locked.headers["Retry-After"]) == (429, "3600")
        assert "Nothing is lost" in text(locked)
    built.now.moment += timedelta(hours=1)
    assert opened(built)[0].status_code == 200


def test_nothing_entered_is_no_try(built: FakeServices) -> None:
    for _ in range(9):
        assert "Enter the passphrase" in text(send(built))
        assert send(built, passphrase="  ").status_code == 422
    assert built.tries.rows == {}


def test_it_is_saved_as_a_file_of_plain_text_that_no_browser_keeps(built: FakeServices) -> None:
    answer = send(built, "file", proof=opened(built)[1])
    saved = answer.get_body().decode("utf-8-sig")

    assert answer.mimetype == "text/plain"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="referral-{built.reference}.txt"'
    assert answer.headers["Cache-Control"] == "no-store"
    for line in ("Canary Zoë", *STORY.splitlines()):
        assert line in saved
    assert built.state() == "received"


def test_who_has_saved_it_has_it_deleted_and_the_worker_is_told_at_once(built: FakeServices) -> None:
    outbox = Outbox()

    answer = send(built, "acknowledge", outbox, proof=opened(built)[1])

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(built)}?done=now")
    assert outbox.messages == [f'{{"v": "1", "referral": "{built.reference}"}}']
    assert built.state() == "acknowledged"
    assert "You have this referral" in text(look(built, done="now"))


def test_a_second_press_and_a_late_passphrase_are_told_kindly_that_it_is_done(built: FakeServices) -> None:
    proof = opened(built)[1]
    send(built, "acknowledge", proof=proof)
    built.sealed.rows.clear()
    outbox = Outbox()

    for answer in (
        send(built, "acknowledge", outbox, proof=proof),
        send(built, "file", proof=proof),
        send(built, passphrase=PASSPHRASE),
        send(built, passphrase=WRONG),
    ):
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(built)}")
    assert outbox.messages == []
    assert "There is nothing more to do here" in text(look(built))
    assert built.tries.rows == {}


@pytest.mark.parametrize("act", ["file", "acknowledge"])
@pytest.mark.parametrize("proof", ["", "1-x", "1693555200-AAAAAAAAAAAAAAAAAAAAAA"])
def test_without_a_proof_of_having_opened_it_nothing_is_saved_or_deleted(
    act: str, proof: str, built: FakeServices
) -> None:
    answer = send(built, act, proof=proof)

    assert answer.status_code == 422
    assert "Enter the passphrase again" in text(answer)
    assert built.state() == "received"


def test_after_half_an_hour_the_passphrase_is_asked_for_again(built: FakeServices) -> None:
    _, proof = opened(built)
    built.now.moment += timedelta(minutes=30)

    for act in ("file", "acknowledge"):
        assert "Enter the passphrase again" in text(send(built, act, proof=proof))
    assert send(built, "acknowledge", proof=opened(built)[1]).status_code == 303


def test_while_the_vault_is_down_the_page_says_that_nothing_is_lost(built: FakeServices) -> None:
    class Down:
        def unwrap(self, key_id: str, wrapped_key: bytes) -> bytes:
            raise KeyUnavailableError("HTTP 503")

    built.unwrapper = Down()
    for answer in [send(built, passphrase=PASSPHRASE) for _ in range(7)]:
        assert answer.status_code == 503
        assert "Nothing is lost" in text(answer)
    built.unwrapper = PRIVATE
    assert opened(built)[0].status_code == 200


@pytest.mark.parametrize("at", [0, 1])
def test_where_tries_cannot_be_counted_nobody_may_try_and_nothing_is_lost(at: int, built: FakeServices) -> None:
    assert built.collector is not None
    broken = Lockout(breaking(Trouble(at, "lost-request"))(built.tries))
    built.collector = replace(built.collector, lockout=broken)

    answer = send(built, passphrase=PASSPHRASE)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    assert "Nothing is lost" in text(answer)
    assert "anary" not in answer.get_body().decode()
    assert opened(built)[0].status_code == 200


def test_what_is_printed_is_the_answers_without_the_buttons(built: FakeServices) -> None:
    body = opened(built)[0].get_body().decode()
    printed, _, hidden = body.partition('class="nhsuk-u-display-none-print"')

    assert "Canary Zoë" in printed
    assert "<form" not in printed
    assert hidden.count("<form") == 2


@pytest.mark.parametrize(("method", "act"), [("GET", "file"), ("GET", "acknowledge"), ("HEAD", "file"), ("POST", "x")])
def test_there_is_nothing_at_any_other_address(method: str, act: str, built: FakeServices) -> None:
    answer = collect(request(method, token(built), act, {"passphrase": PASSPHRASE}), Outbox())

    assert answer.status_code == 404
    assert built.state() == "received"


def test_links_that_are_not_good_are_all_answered_in_the_same_words(built: FakeServices) -> None:
    own, links = token(built), built.referral_links
    bad = ["", own[:-1], own + "A", links.to_acknowledge(built.reference), links.to_collect("99999999")]
    answers = [
        collect(request(method, each.rpartition("/")[2], "", {"passphrase": PASSPHRASE}), Outbox())
        for each in bad
        for method in ("GET", "POST")
    ]

    assert {(answer.status_code, text(answer)) for answer in answers} == {(404, text(answers[0]))}
    assert built.tries.rows == {}


def test_the_app_that_faces_the_public_has_no_such_page(built: FakeServices) -> None:
    built.collector = None

    for answer in (look(built), send(built, passphrase=PASSPHRASE)):
        assert answer.status_code == 404
        assert built.reference not in text(answer)
