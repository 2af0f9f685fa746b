"""The pages of what waits: listed below an opened referral and alone, opened by one button each, and set aside."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import azure.functions as func
import pytest

import functions.provider.collect
import shared.bootstrap
from functions.provider.collect import collect
from shared.content.content import Content
from shared.referrals.collection.collector import Collector
from shared.referrals.collection.waiting import SHOWN
from shared.referrals.errors import KeyUnavailableError
from shared.referrals.model import Referral
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealing import content_key
from shared.tables.table import StorageUnavailableError
from tests.builders import MORNING
from tests.e2e.http_client import hidden_fields
from tests.unit.functions.html_page import Page
from tests.unit.functions.http_requests import Outbox
from tests.unit.functions.provider.fake_services import (
    PASSPHRASE,
    PRIVATE,
    SITE,
    WRONG,
    FakeServices,
    request,
    text,
)

pytestmark = pytest.mark.usefixtures("passphrases_compared_once")

HEADING = "Other referrals waiting for you"


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    services.set(State="sent", SentOn="2023-09-01", Delivery="link")
    for module in (functions.provider.collect, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def token(services: FakeServices, reference: str = "") -> str:
    return services.referrals.links.collect_token(reference or services.reference, MORNING)


def ask(method: str, link: str, act: str = "", **sent: str) -> func.HttpResponse:
    answer = collect(request(method, link, act, sent), Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def enter(services: FakeServices, reference: str = "") -> func.HttpResponse:
    return ask("POST", token(services, reference), passphrase=PASSPHRASE)


def fields(answer: func.HttpResponse) -> dict[str, str]:
    return {name: value for name, value in hidden_fields(answer.get_body().decode()).items() if value}


def session(services: FakeServices) -> str:
    return fields(enter(services))["session"]


def press(answer: func.HttpResponse, act: str, **sent: str) -> func.HttpResponse:
    """Someone presses the button of that form on the page."""
    [address] = {each for each in Page(answer.get_body().decode()).all("action", "form") if each.endswith(f"/{act}")}
    answer = collect(request("POST", address.split("/")[2], act, fields(answer) | sent), Outbox())
    assert isinstance(answer, func.HttpResponse)
    return answer


def test_below_the_answers_is_a_list_of_what_else_waits_and_it_is_not_printed(services: FakeServices) -> None:
    old, new = services.more(1, MORNING - timedelta(days=3)), services.more(1)
    services.more(1, State="acknowledged", AcknowledgedOn="2023-09-01")
    services.more(1, OpenedOn="2023-08-30")

    page = enter(services)
    printed, _, below = page.get_body().decode().partition('class="nhsuk-u-display-none-print"')

    assert page.headers["Cache-Control"] == "no-store"
    assert HEADING in below
    assert HEADING not in printed
    buttons = Page(below).all("value", "button")
    assert (len(buttons), buttons[0]) == (3, old[0])
    assert new[0] in buttons
    assert services.reference not in buttons
    shown = text(page).partition(HEADING)[2]
    assert "Tuesday 29 August 2023" in shown
    assert "Opened on Wednesday 30 August 2023" in shown
    assert shown.count("Not opened yet") == 2
    assert "canary-other" not in text(page)


def test_where_nothing_else_waits_there_is_no_list(services: FakeServices) -> None:
    page = enter(services)

    assert HEADING not in text(page)
    assert "/open" not in "".join(Page(page.get_body().decode()).all("action", "form"))


def test_each_button_opens_its_referral_at_an_address_and_with_a_proof_of_its_own(services: FakeServices) -> None:
    others = services.more(2)
    first = enter(services)

    for other in others:
        page = press(first, "open", reference=other)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert f"Self-referral {other}" in text(page)
        assert "canary-other" in text(page)
        [link] = {each.split("/")[2] for each in Page(page.get_body().decode()).all("action", "form")}
        assert services.referrals.links.collect_link(link).reference == other
        assert fields(page)["proof"] != fields(first)["proof"]
        assert fields(page)["session"] == fields(first)["session"]
        assert services.reference in Page(page.get_body().decode()).all("value", "button")
        assert press(page, "file").get_body().decode("utf-8-sig").startswith(f"Self-referral {other}")


def test_nothing_secret_is_in_an_address(services: FakeServices) -> None:
    other = services.more(1)[0]
    page = press(enter(services), "open", reference=other)

    shown = Page(page.get_body().decode())
    addresses = [*shown.all("action", "form"), *shown.all("href", "a")]
    assert set(shown.all("method", "form")) == {"post"}
    for secret in (*fields(page).values(), other, services.reference):
        assert not any(secret in each for each in addresses)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("act", ["list", "open", "not-genuine"])
def test_no_get_shows_or_changes_anything(method: str, act: str, services: FakeServices) -> None:
    other, before = services.more(1)[0], services.stored

    assert ask(method, token(services), act, session="x", reference=other).status_code == 404
    assert services.stored != before or other
    assert services.state(other) == "sent"


def test_the_page_of_one_says_how_to_get_back_to_the_list_without_the_back_button(services: FakeServices) -> None:
    other = services.more(1)[0]
    page = press(enter(services), "open", reference=other)

    said = "Use these buttons, not the Back button of your browser."
    assert said in text(page)
    assert services.reference in named(press(page, "list"), "reference")


def test_a_page_of_the_list_alone_shows_all_that_wait(services: FakeServices) -> None:
    others = services.more(2)

    alone = press(enter(services), "list")

    assert alone.status_code == 200
    assert set(Page(alone.get_body().decode()).all("value", "button")) == {services.reference, *others}
    again = press(alone, "list")
    assert "Referrals waiting for you" in text(again)
    assert press(again, "open", reference=others[0]).status_code == 200


def test_after_confirming_one_the_answer_is_the_list_for_as_long_as_others_wait(services: FakeServices) -> None:
    other = services.more(1)[0]
    first = enter(services)

    answer = press(first, "acknowledge")

    assert answer.status_code == 200
    assert f"Thank you for confirming referral {services.reference}" in text(answer)
    assert Page(answer.get_body().decode()).all("value", "button") == [other]
    assert services.state() == "acknowledged"
    last = press(press(answer, "open", reference=other), "acknowledge")
    assert (last.status_code, last.headers["Location"]) == (303, f"/collect/{token(services, other)}?done=now")
    assert services.state(other) == "acknowledged"


def test_a_confirmation_stands_although_the_list_cannot_be_shown(services: FakeServices) -> None:
    services.more(1)
    first = enter(services)
    services.referrals.collector = without_list(services)

    answer = press(first, "acknowledge")

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/collect/{token(services)}?done=now")
    assert services.state() == "acknowledged"


class Unlistable(ReferralRepository):
    """The tables, of which single rows can be read and never all of them."""

    def every_status(self) -> list[Referral]:
        raise StorageUnavailableError("HTTP 503")


def without_list(services: FakeServices) -> Collector:
    assert services.referrals.collector is not None
    rows = services.rows
    broken = Unlistable(rows.status_table, rows.sealed_table, rows.mail_table)
    return replace(services.referrals.collector, store=broken)


def test_the_answers_are_shown_although_the_list_cannot_be(services: FakeServices) -> None:
    services.referrals.collector = without_list(services)

    page = enter(services)

    assert page.status_code == 200
    assert "Canary Zoë" in text(page)
    assert "We cannot show them at the moment" in text(page)


def named(answer: func.HttpResponse, name: str) -> list[str]:
    """The values of the buttons of that name."""
    elements = Page(answer.get_body().decode()).elements
    return [each["value"] for tag, each in elements if tag == "button" and each.get("name") == name]


def test_a_page_shows_a_hundred_and_the_rest_are_on_further_pages(services: FakeServices) -> None:
    services.more(SHOWN)
    page = enter(services)
    assert len(Page(page.get_body().decode()).all("value", "button")) == SHOWN == 100
    assert "Page 1" not in text(page)

    services.more(1)
    assert "Page 1 of 2. 101 referrals are waiting." in text(enter(services))
    services.more(4)
    page = enter(services)
    assert len(named(page, "reference")) == SHOWN
    assert "Page 1 of 2. 105 referrals are waiting." in text(page)
    assert named(page, "page") == ["2"]


def test_every_one_that_waits_is_on_one_of_the_pages_and_opens_from_there(services: FakeServices) -> None:
    services.referrals.most_a_day = 20
    came = {services.reference, *services.more(2 * SHOWN, MORNING - timedelta(days=1)), *services.more(30)}
    first = press(enter(services), "list")
    second = press(first, "list", page="2")
    third = press(second, "list", page="3")

    assert [named(each, "page") for each in (first, second, third)] == [["2"], ["1", "3"], ["2"]]
    shown = [each for page in (first, second, third) for each in named(page, "reference")]
    assert (len(shown), set(shown)) == (231, came)
    assert press(third, "open", reference=shown[-1]).status_code == 200
    assert named(press(third, "list", page="2"), "reference") == named(second, "reference")


@pytest.mark.parametrize(
    ("asked", "shown"), [("", 1), ("0", 1), ("-1", 1), ("x", 1), ("9", 2), ("9" * 6, 2), ("9" * 5000, 1), ("٢", 1)]
)
def test_a_page_that_there_is_not_is_the_first_or_the_last(asked: str, shown: int, services: FakeServices) -> None:
    services.more(SHOWN)

    answer = press(enter(services), "list", page=asked)

    assert f"Page {shown} of 2. 101 referrals are waiting." in text(answer)


def test_no_words_claim_an_order_that_the_list_has_not(services: FakeServices) -> None:
    services.more(2, MORNING - timedelta(days=3), Slow="yes")

    assert "oldest" not in enter(services).get_body().decode()


def test_on_a_phone_the_name_of_a_column_and_its_words_say_nothing_twice(services: FakeServices) -> None:
    services.more(1, OpenedOn="2023-08-30")

    shown = text(enter(services))

    assert "Status Opened on Wednesday 30 August 2023" in shown
    assert "Opened Opened" not in shown


def test_those_of_a_crowded_day_are_listed_last(services: FakeServices) -> None:
    services.referrals.most_a_day = 3
    crowd = services.more(4, MORNING - timedelta(days=9))
    plain = services.more(1, MORNING - timedelta(days=1))

    buttons = Page(enter(services).get_body().decode()).all("value", "button")

    assert buttons == [*plain, *sorted(crowd)]


def test_who_opens_one_that_a_colleague_has_opened_is_told_so_before_the_answers(services: FakeServices) -> None:
    first = enter(services)
    assert "Someone at" not in text(first)

    services.now.moment += timedelta(days=3)
    later = enter(services)

    name = services.content.provider.short_name
    said = f"Someone at {name} opened this referral on Friday 1 September 2023."
    assert f"{said} Check with your colleagues before you contact this person." in text(later)
    assert text(later).index(said) < text(later).index("Canary Zoë")


def test_to_go_back_to_the_answers_lists_what_else_waits_only_while_the_session_lasts(services: FakeServices) -> None:
    other, third = services.more(2)
    first = enter(services)
    services.now.moment += timedelta(minutes=29)
    asked = press(press(first, "open", reference=other), "not-genuine")
    assert third in press(asked, "open").get_body().decode()

    services.now.moment += timedelta(minutes=2)
    late = press(asked, "open")
    made_up = ask("POST", token(services, other), "open", proof=fields(asked)["proof"], session="x")

    for answer in (late, made_up):
        assert answer.status_code == 200
        assert "canary-other" in text(answer)
        assert third not in answer.get_body().decode()


def test_who_is_a_moment_later_than_a_colleague_is_told_what_counts(services: FakeServices) -> None:
    services.more(1)
    first = enter(services)
    collector = services.referrals.collector
    assert collector is not None
    recorder = services.referrals.acknowledgements

    def slower(reference: str, now: datetime) -> object:
        recorder.acknowledge_opened(reference, now)
        return recorder.set_aside(reference, now)

    services.referrals.collector = replace(collector, set_aside_reference=slower)
    answer = press(first, "not-genuine", confirmed="yes")

    assert "Thank you for confirming" in text(answer)
    assert "aside as not genuine" not in text(answer)


def test_who_has_saved_it_a_moment_after_a_colleague_set_it_aside_has_confirmed_it(services: FakeServices) -> None:
    services.more(1)
    first, second = enter(services), enter(services)
    press(first, "not-genuine", confirmed="yes")

    answer = press(second, "acknowledge")

    assert "Thank you for confirming" in text(answer)
    assert "aside as not genuine" not in text(answer)


def test_after_half_an_hour_the_passphrase_is_asked_for_again(services: FakeServices) -> None:
    other = services.more(1)[0]
    first = enter(services)
    services.now.moment += timedelta(minutes=30)

    for answer in (press(first, "open", reference=other), press(first, "list")):
        assert answer.status_code == 422
        assert "Enter the passphrase again" in text(answer)
        assert "canary" not in text(answer)
    assert services.state(other) == "sent"
    assert services.statuses.rows["referrals", other].text("OpenedOn") == ""


@pytest.mark.parametrize("sent", ["", "x", "34679CDF.1693555200-AAAAAAAAAAAAAAAAAAAAAA"])
@pytest.mark.parametrize("act", ["open", "list"])
def test_without_a_session_nothing_is_listed_or_opened(act: str, sent: str, services: FakeServices) -> None:
    other = services.more(1)[0]

    answer = ask("POST", token(services), act, session=sent, reference=other)

    assert answer.status_code == 422
    assert "Enter the passphrase again" in text(answer)
    assert other not in text(answer)


def test_once_the_anchor_is_erased_nothing_fails_and_the_next_link_asks_for_the_passphrase(
    services: FakeServices,
) -> None:
    other = services.more(1)[0]
    first = enter(services)
    services.set(State="erased", ErasedOn="2023-09-06", AcknowledgedOn="2023-09-01")
    del services.sealed.rows["referrals", services.reference]

    at_its_own = press(first, "open", reference=other)
    at_another = ask("POST", token(services, other), "list", session=fields(first)["session"])

    assert (at_its_own.status_code, at_its_own.headers["Location"]) == (303, f"/collect/{token(services)}?done=over")
    page = collect(request("GET", token(services), done="over"), Outbox())
    assert "use the link in the email about it" in text(page)
    assert at_another.status_code == 422
    assert "Enter the passphrase again" in text(at_another)
    assert enter(services, other).status_code == 200


def test_one_that_cannot_be_opened_leaves_the_others_usable(services: FakeServices) -> None:
    damaged, fine = services.more(2)
    first = enter(services)
    services.statuses.merge(
        {"PartitionKey": "referrals", "RowKey": damaged, "ReceivedOn": "2023-08-01"},
        services.statuses.rows["referrals", damaged].etag,
    )

    answer = press(first, "open", reference=damaged)

    assert answer.status_code == 500
    assert f"We cannot open referral {damaged}" in text(answer)
    assert "canary" not in text(answer)
    assert services.state(damaged) == "attention"
    assert Page(answer.get_body().decode()).all("value", "button") == sorted([services.reference, fine])
    assert press(answer, "open", reference=fine).status_code == 200


def test_one_whose_key_does_not_answer_leaves_the_others_usable(services: FakeServices) -> None:
    stuck, fine = services.more(2)
    first = enter(services)
    collector = services.referrals.collector
    assert collector is not None
    found = services.rows.sealed(stuck)
    assert found is not None

    def key(sealed):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  # as `content_key`
        if sealed == found[1]:
            raise KeyUnavailableError("HTTP 404")
        return content_key(sealed, PRIVATE)

    services.referrals.collector = replace(collector, content_key=key)
    answer = press(first, "open", reference=stuck)

    assert answer.status_code == 503
    assert "Nothing is lost" in text(answer)
    assert press(answer, "open", reference=fine).status_code == 200
    assert services.state(stuck) == "sent"


def test_one_that_a_colleague_has_finished_is_said_to_wait_no_longer(services: FakeServices) -> None:
    other, third = services.more(2)
    first = enter(services)
    press(enter(services, other), "acknowledge")

    answer = press(first, "open", reference=other)

    assert answer.status_code == 422
    assert f"Referral {other} is no longer waiting. Someone has confirmed it" in text(answer)
    assert third in Page(answer.get_body().decode()).all("value", "button")


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"State": "erased", "LastError": "not-collected"}, "No one opened it in time, and our copy is gone"),
        ({"State": "erased"}, "Our copy of the answers is deleted"),
        ({"State": "attention", "LastError": "unseal-mac"}, "It is damaged, and the people who run the service know"),
        ({"State": "sending"}, "is being sent to you"),
        ({"State": "acknowledged", "LastError": "not-genuine"}, "Someone has set it aside as not genuine"),
        ({"Delivery": "inline"}, "Its answers are in the email about it"),
    ],
)
def test_of_one_that_does_not_wait_it_says_what_became_of_it_and_nothing_else(
    cells: dict[str, str], said: str, services: FakeServices
) -> None:
    other, third = services.more(2)
    first = enter(services)
    row = services.statuses.rows["referrals", other]
    services.statuses.merge({"PartitionKey": "referrals", "RowKey": other, **cells}, row.etag)

    answer = press(first, "open", reference=other)

    assert answer.status_code == 422
    assert said in text(answer)
    assert other in text(answer)
    assert "confirmed" not in text(answer)
    assert third in named(answer, "reference")


def test_while_the_vault_is_down_the_list_says_so_and_asks_for_no_passphrase(services: FakeServices) -> None:
    other = services.more(1)[0]
    first = enter(services)
    services.unwrapper = None  # no vault
    collector = services.referrals.collector
    assert collector is not None

    def down(_: object) -> bytes:
        raise KeyUnavailableError("HTTP 503")

    services.referrals.collector = replace(collector, content_key=down)
    for act, sent in (("list", {}), ("open", {"reference": other})):
        answer = press(first, act, **sent)
        assert answer.status_code == 503
        assert "Nothing is lost" in text(answer)
        assert "more than 30 minutes" not in text(answer)
    services.referrals.collector = collector
    services.unwrapper = PRIVATE
    assert press(first, "open", reference=other).status_code == 200


def test_when_the_proof_of_the_passphrase_is_lost_the_page_does_not_say_that_it_is_too_long_ago(
    services: FakeServices,
) -> None:
    other = services.more(1)[0]
    sent = session(services)
    del services.sealed.rows["referrals", services.reference]

    answer = ask("POST", token(services, other), "list", session=sent)

    assert answer.status_code == 422
    assert "Enter the passphrase again. We can no longer see that you entered it" in text(answer)


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "9" * 4000])
def test_a_reference_that_is_none_is_shown_as_text_and_short(typed: str, services: FakeServices) -> None:
    services.more(1)

    answer = ask("POST", token(services), "open", session=session(services), reference=typed)

    assert answer.status_code == 422
    assert "<script>alert" not in answer.get_body().decode()
    assert "9" * 30 not in answer.get_body().decode()


def test_setting_aside_asks_first_says_what_happens_and_changes_nothing(services: FakeServices) -> None:
    first, before = enter(services), services.stored

    asked = press(first, "not-genuine")

    assert asked.status_code == 200
    for said in (
        "stop sending you reminders",
        "delete our copy of the answers 3 working days later",
        "asked to contact",
    ):
        assert said in text(asked)
    assert services.stored[0] != before
    assert services.state() == "sent"
    back = press(asked, "open")
    assert f"Self-referral {services.reference}" in text(back)
    assert "Canary Zoë" in text(back)


def test_set_aside_it_is_finished_and_can_be_kept_and_the_others_are_listed(services: FakeServices) -> None:
    other = services.more(1)[0]
    asked = press(enter(services), "not-genuine")

    done = press(asked, "not-genuine")

    assert done.status_code == 200
    assert f"You have set referral {services.reference} aside as not genuine" in text(done)
    assert Page(done.get_body().decode()).all("value", "button") == [other]
    row = services.statuses.rows["referrals", services.reference]
    assert (row.text("State"), row.text("LastError")) == ("acknowledged", "not-genuine")
    page = ask("GET", token(services))
    assert "This referral is set aside as not genuine" in text(page)
    assert "Set aside by you" in text(page)
    assert "onfirmed by you" not in text(page)
    services.now.moment += timedelta(seconds=4)
    kept = press(page, "keep")
    assert kept.headers["Location"] == f"/collect/{token(services)}?done=kept"
    assert services.state() == "received"


def test_when_nothing_else_waits_setting_aside_leads_to_its_page(services: FakeServices) -> None:
    done = press(press(enter(services), "not-genuine"), "not-genuine")

    assert (done.status_code, done.headers["Location"]) == (303, f"/collect/{token(services)}?done=set-aside")
    shown = collect(request("GET", token(services), done="set-aside"), Outbox())
    assert "You have set this referral aside" in text(shown)
    services.set(State="erased", ErasedOn="2023-09-06")
    assert "You set it aside, and we have deleted our copy" in text(ask("GET", token(services)))


def test_only_who_has_opened_it_can_set_it_aside(services: FakeServices) -> None:
    other = services.more(1)[0]
    first = enter(services)
    proof, entered = fields(first)["proof"], fields(first)["session"]

    for sent in ({}, {"proof": proof}, {"proof": entered}, {"session": entered}, {"reference": other}):
        answer = ask("POST", token(services, other), "not-genuine", confirmed="yes", **sent)
        assert answer.status_code == 422
        assert "Enter the passphrase again" in text(answer)
    assert services.state(other) == "sent"


def test_a_wrong_passphrase_lists_nothing(services: FakeServices) -> None:
    other = services.more(1)[0]

    assert other not in text(ask("POST", token(services), passphrase=WRONG))


def test_without_a_script_it_is_forms_and_buttons_only(services: FakeServices) -> None:
    services.more(2)
    body = enter(services).get_body().decode().partition("<main")[2].partition("</main>")[0]

    assert not re.search(r"<script|\son\w+=", body)
    assert SITE not in body
