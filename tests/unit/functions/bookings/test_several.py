"""Several sessions with one form, over the real services: the pages, and what is booked whatever happens meanwhile."""

import re
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.bookings import manage
from functions.bookings.several import book, steps
from shared.tables.table import StorageUnavailableError
from tests.builders import session_cells
from tests.unit.functions import http_requests
from tests.unit.functions.html_page import Page
from tests.unit.functions.in_memory_app import InMemoryApp

type Fields = list[tuple[str, str]]
DATES = {"s1": "2023-09-08", "s2": "2023-09-15", "s3": "2023-09-22", "s4": "2023-10-03", "s5": "2023-10-10"}
DATES |= {"s6": "2023-10-17"}
ANSWERS = {"full_name": "Zoë Okafor", "email": "zoe@nhs.net", "adjustments": "Captions & a break"}
ANSWERS |= {"group_agreement": "yes"}


class Shown(Page):
    """A page as a browser has it before it."""

    def __init__(self, answer: func.HttpResponse) -> None:
        self.status, self.headers = answer.status_code, answer.headers
        super().__init__(answer.get_body().decode())

    @property
    def title(self) -> str:
        return self.html.partition("<title>")[2].partition(" –")[0]

    @property
    def sent(self) -> Fields:
        """What the form sends if nothing on it is touched."""
        inputs = [given for tag, given in self.elements if tag == "input"]
        named = [each for each in inputs if each.get("type") == "hidden" or "checked" in each]
        return [(each["name"], each["value"]) for each in named]

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.sent if key == name]

    @property
    def ways(self) -> list[str]:
        return [*self.all("action", "form"), *self.all("formaction", "button")]


class Person:
    """Someone at the pages, a few seconds apart."""

    def __init__(self, app: InMemoryApp) -> None:
        self.app, self.outbox = app, http_requests.Outbox()

    def open(self) -> Shown:
        return Shown(steps.several_form(http_requests.get()))

    def send(self, handler: Any, fields: Fields, work: str = "") -> Shown:
        self.app.now += timedelta(seconds=5)
        req = http_requests.form(fields)
        headers, body = dict(req.headers), req.get_body()
        asked = func.HttpRequest("POST", req.url, params={"work": work} if work else {}, headers=headers, body=body)
        return Shown(handler(asked, self.outbox) if handler is book.book_several else handler(asked))

    def details(self, *ids: str) -> Shown:
        return self.send(steps.several_details, [*self.open().sent, *(("session_id", each) for each in ids)])

    def check(self, *ids: str, **changes: str) -> Shown:
        return self.send(steps.several_check, [*self.details(*ids).sent, *(ANSWERS | changes).items()])

    def book(self, fields: Fields) -> Shown:
        return self.send(book.book_several, fields)

    def follow(self, shown: Shown) -> Shown:
        assert shown.status == 303
        return Shown(book.several_outcome(http_requests.get_token(shown.headers["Location"])))


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> InMemoryApp:
    app = InMemoryApp(monkeypatch)
    for session_id, date in DATES.items():
        add(app, session_id, Date=date)
    return app


@pytest.fixture
def zoe(app: InMemoryApp) -> Person:
    return Person(app)


def add(app: InMemoryApp, session_id: str, **cells: object) -> None:
    app.tables["Sessions"].put(session_cells(**{"RowKey": session_id} | cells))


def states(app: InMemoryApp, name: str = "zoe") -> dict[str, str]:
    rows = [row for row in app.tables["Bookings"].rows.values() if row.text("Email").startswith(f"{name}@")]
    assert len({row.partition for row in rows}) == len(rows), "nobody has two rows in a session"
    return {row.partition: row.text("State") for row in sorted(rows, key=lambda row: row.partition)}


def lines(shown: Shown) -> dict[str, str]:
    """What the page says of each session, by its date."""
    found = re.findall(r"<dt[^>]*>(.*?)</dt>\s*<dd[^>]*>\s*<strong>(.*?)</strong>", shown.html, re.DOTALL)
    return {re.sub(r" 2023.*", "", when).strip(): said for when, said in found}


def test_from_the_list_to_the_result_it_is_four_pages_after_the_choice_and_nothing_is_stored_before(
    app: InMemoryApp, zoe: Person
) -> None:
    choose = zoe.open()
    assert (choose.title, choose.ways) == ("Choose up to 5 sessions", ["/bookings/several/details"])
    details = zoe.details("s1", "s3")
    assert (details.title, details.values("session_id")) == ("Your details for 2 sessions", ["s1", "s3"])
    assert details.ways[0] == "/bookings/several/check"
    check = zoe.check("s1", "s3")
    assert (check.title, check.ways[0]) == ("Check your answers for 2 sessions", "/bookings/several")
    assert "Friday 8 September" in check.text
    assert "Friday 22 September" in check.text
    assert states(app) == {}

    done = zoe.follow(zoe.book(check.sent))

    assert (done.status, done.title) == (200, "You have booked 2 sessions")
    assert lines(done) == {
        "Friday 8 September": "You have booked a place",
        "Friday 22 September": "You have booked a place",
    }
    rows = [row for row in app.tables["Bookings"].rows.values() if row.text("Email")]
    assert all(f">{row.text('Reference')}</strong>" in done.html for row in rows)
    assert {row.text("Adjustments") for row in rows} == {"Captions & a break"}
    assert "z***@nhs.net" in done.text
    assert "zoe@" not in done.text
    assert len(done.all("rel", "a")) == 4, "two calendars for each session"
    [mails] = zoe.outbox.messages
    assert len(mails) == 2


def test_five_may_be_chosen_and_the_page_says_that_not_every_email_comes_at_once(app: InMemoryApp, zoe: Person) -> None:
    done = zoe.follow(zoe.book(zoe.check(*list(DATES)[:5]).sent))
    assert (len(states(app)), len(lines(done))) == (5, 5)
    assert "3 emails now and the rest a day later" in done.text
    app._send(zoe.outbox)
    assert len(app.subjects("zoe")) == 3


@pytest.mark.parametrize(
    ("ids", "said"), [((), "Select at least 1 session"), (tuple(DATES), "Select no more than 5 sessions")]
)
def test_none_and_six_are_a_mistake_on_every_page_and_keep_the_rest(
    ids: tuple[str, ...], said: str, app: InMemoryApp, zoe: Person
) -> None:
    rest = [pair for pair in zoe.check("s1", "s2").sent if pair[0] != "session_id"]
    for handler in (steps.several_details, steps.several_check, book.book_several):
        shown = zoe.send(handler, [*rest, *(("session_id", each) for each in ids)])
        assert (shown.status, shown.title) == (422, "Error: Choose up to 5 sessions")
        assert said in shown.text
        assert shown.values("full_name") == ["Zoë Okafor"]
        assert shown.values("session_id") == list(ids)
    assert states(app) == {}


def test_one_alone_goes_on_as_the_form_of_one_session(app: InMemoryApp, zoe: Person) -> None:
    for ids in (("s2",), ("s2", "s2")):
        details = zoe.details(*ids)
        assert (details.title, details.values("session_id")) == ("Your details", ["s2"])
        assert {each.rpartition("/")[0] for each in details.ways} == {"/bookings"}
    check = zoe.check("s1", "s2")
    alone = zoe.send(steps.several_check, [pair for pair in check.sent if pair != ("session_id", "s1")])
    assert (alone.title, alone.element("full_name")["value"]) == ("Your details", "Zoë Okafor")


def test_the_same_session_twice_is_one_booking(app: InMemoryApp, zoe: Person) -> None:
    check = zoe.check("s1", "s2")
    done = zoe.follow(zoe.book([*check.sent, ("session_id", "s1"), ("session_id", "s2")]))
    assert (states(app), len(lines(done))) == ({"s1": "confirmed", "s2": "confirmed"}, 2)


def test_a_double_click_going_back_and_sending_again_are_the_same_bookings_and_the_same_page(
    app: InMemoryApp, zoe: Person
) -> None:
    check = zoe.check("s1", "s2")
    pages = [zoe.follow(zoe.book(check.sent)).html for _ in range(3)]
    back = zoe.send(steps.several_check, check.sent)
    pages.append(zoe.follow(zoe.book(back.sent)).html)
    assert len(set(pages)) == 1
    assert states(app) == {"s1": "confirmed", "s2": "confirmed"}
    app._send(zoe.outbox)
    app.tick()
    assert len(app.subjects("zoe")) == 2


def test_whoever_goes_back_and_adds_a_session_has_that_one_too(app: InMemoryApp, zoe: Person) -> None:
    check = zoe.check("s1", "s2")
    zoe.book(check.sent)
    choose = zoe.send(steps.several_sessions, check.sent)
    assert choose.values("session_id") == ["s1", "s2"]
    assert choose.ways == ["/bookings/several/check", "/bookings/several/check"]
    done = zoe.follow(zoe.book(zoe.send(steps.several_check, [*choose.sent, ("session_id", "s3")]).sent))
    assert (list(states(app)), len(lines(done))) == (["s1", "s2", "s3"], 3)


def test_a_session_that_is_full_when_it_is_checked_is_its_waiting_list(app: InMemoryApp, zoe: Person) -> None:
    add(app, "s2", Date=DATES["s2"], Capacity=1)
    assert app.book("ann", "s2") == 201
    check = zoe.check("s1", "s2")
    assert check.values("waits_for") == ["s2"]
    assert "marked as waiting list is full" in check.text
    done = zoe.follow(zoe.book(check.sent))
    assert states(app) == {"s1": "confirmed", "s2": "waiting"}
    assert done.title == "How your bookings stand"
    assert list(lines(done).values()) == ["You have booked a place", "You have joined the waiting list"]


@pytest.mark.parametrize("joins", [True, False])
def test_a_session_that_fills_up_meanwhile_asks_once_if_they_would_wait(
    joins: bool, app: InMemoryApp, zoe: Person
) -> None:
    add(app, "s2", Date=DATES["s2"], Capacity=1)
    check = zoe.check("s1", "s2", "s3")
    assert app.book("ann", "s2") == 201

    asked = zoe.book(check.sent)

    assert (asked.status, asked.title) == (409, "Not everything is booked yet")
    assert states(app) == {"s1": "confirmed", "s3": "confirmed"}
    assert lines(asked)["Friday 15 September"] == "Not booked: this session is full"
    assert zoe.book(check.sent).html == asked.html, "reloaded"
    again = zoe.book([*asked.sent, ("waits_for", "s2")] if joins else asked.sent)
    done = zoe.follow(again)
    assert states(app) == {"s1": "confirmed", "s3": "confirmed"} | ({"s2": "waiting"} if joins else {})
    assert lines(done)["Friday 15 September"] == (
        "You have joined the waiting list" if joins else "This session is full"
    )
    assert len(lines(done)) == 3
    app._send(zoe.outbox)
    assert len(app.subjects("zoe")) == (3 if joins else 2)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"State": "cancelled"}, "This session is not open for booking"),
        ({"Date": "2023-08-31"}, "This session has already taken place"),
        ({"Capacity": 0, "WaitingList": "no"}, "This session is full"),
    ],
)
def test_a_session_that_went_between_the_check_and_the_last_button_is_named_and_stops_no_other(
    cells: dict[str, object], said: str, app: InMemoryApp, zoe: Person
) -> None:
    check = zoe.check("s1", "s2")
    add(app, "s2", **{"Date": DATES["s2"]} | cells)
    done = zoe.follow(zoe.book(check.sent))
    assert states(app) == {"s1": "confirmed"}
    assert sorted(lines(done).values()) == sorted(["You have booked a place", said])


def test_a_session_that_is_not_there_is_said_before_and_after_the_last_button(app: InMemoryApp, zoe: Person) -> None:
    fields = zoe.check("s1", "s2").sent
    app.tables["Sessions"].delete("sessions", "s2")
    pages = [zoe.details("s1", "nowhere"), zoe.details("s1", "a/b#?", "x" * 2_000)]
    for shown in (*pages, zoe.send(steps.several_details, fields)):
        assert (shown.status, shown.title, shown.values("session_id")) == (409, "Choose other sessions", ["s1"])
    done = zoe.follow(zoe.book(fields))
    assert states(app) == {"s1": "confirmed"}
    assert lines(done) == {
        "Friday 8 September": "You have booked a place",
        "A session that is no longer on our list": "This session is not available",
    }


def test_where_no_session_can_be_booked_any_more_the_answers_are_kept_for_others(app: InMemoryApp, zoe: Person) -> None:
    check = zoe.check("s1", "s2")
    for session_id in ("s1", "s2"):
        add(app, session_id, Date=DATES[session_id], State="closed")
    shown = zoe.book(check.sent)
    assert (shown.status, shown.title, states(app)) == (409, "Nothing is booked", {})
    others = zoe.send(steps.several_sessions, shown.sent)
    again = zoe.send(steps.several_check, [*others.sent, ("session_id", "s3"), ("session_id", "s4")])
    zoe.follow(zoe.book(again.sent))
    assert list(states(app)) == ["s3", "s4"]


def test_a_booking_that_was_cancelled_since_is_not_made_again_by_the_same_form(app: InMemoryApp, zoe: Person) -> None:
    check = zoe.check("s1", "s2")
    zoe.book(check.sent)
    [row] = [each for each in app.tables["Bookings"].rows.values() if each.partition == "s1" and each.text("Email")]
    app.tables["Bookings"].merge({"PartitionKey": "s1", "RowKey": row.key, "State": "cancelled"}, row.etag)
    done = zoe.follow(zoe.book(check.sent))
    assert states(app) == {"s1": "cancelled", "s2": "confirmed"}
    assert lines(done)["Friday 8 September"] == "This booking was cancelled"


@pytest.fixture
def breaks_at(app: InMemoryApp, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Sessions whose roster storage does not give."""
    broken, store = set[str](), type(app.tables["Bookings"])
    query = store.query

    def query_or_fail(self: Any, select: Any = (), **like: str) -> Any:
        if like.get("PartitionKey") in broken:
            raise StorageUnavailableError
        return query(self, select, **like)

    monkeypatch.setattr(store, "query", query_or_fail)
    monkeypatch.setattr("shared.bookings.places.service.TRIES", 2)
    return broken


def test_a_fault_of_storage_is_said_with_what_is_booked_and_the_same_form_completes_the_rest(
    app: InMemoryApp, zoe: Person, breaks_at: set[str], caplog: pytest.LogCaptureFixture
) -> None:
    check = zoe.check("s1", "s2", "s3", "s4", "s5")
    breaks_at |= {"s2", "s4"}

    shown = zoe.book(check.sent)

    assert (shown.status, shown.headers["Retry-After"]) == (503, "5")
    assert shown.title == "Not everything is booked yet"
    assert "3 of your bookings are saved." in shown.text
    assert list(lines(shown).values()).count("Not saved yet") == 2
    assert states(app) == dict.fromkeys(["s1", "s3", "s5"], "confirmed")
    assert shown.values("session_id") == ["s2", "s4", "s1", "s3", "s5"], "what failed is tried first"
    codes = re.findall(r"busy (\w{8}):", caplog.text)
    assert [code in shown.text for code in codes] == [True, True]
    breaks_at.clear()
    for fields in (shown.sent, check.sent):
        done = zoe.follow(zoe.book(fields))
        assert set(lines(done).values()) == {"You have booked a place"}
        assert states(app) == dict.fromkeys(list(DATES)[:5], "confirmed")
    assert "zoe" not in caplog.text.casefold()


def test_storage_that_is_away_from_the_start_keeps_every_answer(
    app: InMemoryApp, zoe: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = zoe.check("s1", "s2")

    def away(*_: object) -> None:
        raise StorageUnavailableError

    with monkeypatch.context() as patch:
        patch.setattr("functions.bookings.several.book.upcoming_sessions", away)
        shown = zoe.book(check.sent)
    assert (shown.status, shown.ways) == (503, ["/bookings/several"])
    assert sorted(shown.sent) == sorted(check.sent)
    zoe.follow(zoe.book(shown.sent))
    assert len(states(app)) == 2


def test_an_error_of_ours_at_one_session_is_logged_with_a_code_and_stops_no_other(
    app: InMemoryApp, zoe: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    check = zoe.check("s1", "s2", "s3")
    add(app, "s2", Date=DATES["s2"], Capacity=1)
    places = type(app.built.bookings.places)
    booked = places.book

    def book_or_fail(self: Any, request: Any, now: Any) -> Any:
        if request.session_id == "s2":
            raise KeyError("Zoë")
        return booked(self, request, now)

    monkeypatch.setattr(places, "book", book_or_fail)
    shown = zoe.book(check.sent)
    assert (shown.status, list(states(app))) == (503, ["s1", "s3"])
    [code] = re.findall(r"unexpected (\w{8}):", caplog.text)
    assert code in shown.text
    assert "Zoë" not in caplog.text


def test_a_personal_address_is_asked_about_work_once_and_confirmed_for_each_session(
    app: InMemoryApp, zoe: Person
) -> None:
    asked = zoe.check("s1", "s2", email="zoe@home.example")
    assert (asked.status, asked.title, asked.ways[0]) == (200, "Your workplace", "/bookings/several/check?work=asked")
    wrong = zoe.send(steps.several_check, asked.sent, "asked")
    assert (wrong.status, wrong.title) == (422, "Error: Your workplace")
    check = zoe.send(steps.several_check, [*wrong.sent, ("works_here", "yes")], "asked")
    assert "/bookings/several/check?work=change" in check.ways
    assert zoe.send(steps.several_check, check.sent, "change").title == "Your workplace"
    done = zoe.follow(zoe.book(check.sent))
    assert (done.title, set(states(app).values())) == ("Now confirm your bookings", {"to-check"})
    assert "Do this for every session" in done.text


def test_whoever_confirms_one_of_five_bookings_gets_the_other_emails_with_the_next_run(
    app: InMemoryApp, zoe: Person
) -> None:
    ids = list(DATES)[:5]
    done = zoe.follow(zoe.book(zoe.check(*ids, email="zoe@home.example", works_here="yes").sent))
    assert "the rest come within minutes" in done.text
    app._send(zoe.outbox)
    app.tick()
    assert len(app.subjects("zoe")) == 3
    token = re.findall(r"/manage/([\w-]+)", app.sender.messages[0].text)[0]
    opened = Shown(app.page(manage.manage_booking, token=token))
    app.now += timedelta(seconds=5)
    prove = http_requests.form([pair for pair in opened.sent if pair[0] == "form_token"][:1])
    pressed = func.HttpRequest(
        "POST", prove.url, headers=dict(prove.headers), route_params={"token": token}, body=prove.get_body()
    )
    assert manage.prove_address(pressed, http_requests.Outbox()).status_code == 303
    app.now += timedelta(minutes=5)
    app.tick()
    assert sum(each.startswith("Staff session to confirm") for each in app.subjects("zoe")) == 5


def test_whoever_does_not_work_here_is_told_once_and_nothing_is_booked(app: InMemoryApp, zoe: Person) -> None:
    check = zoe.check("s1", "s2", email="zoe@home.example", works_here="no")
    assert (check.status, "/bookings/several/details" in check.ways) == (409, True)
    shown = zoe.book(check.sent)
    assert (shown.status, shown.values("session_id"), states(app)) == (409, ["s1", "s2"], {})


def test_mistakes_stand_beside_their_fields_and_every_answer_is_kept(app: InMemoryApp, zoe: Person) -> None:
    shown = zoe.check("s1", "s2", email="zoe@nowhere")
    assert (shown.status, shown.title) == (422, "Error: Your details for 2 sessions")
    assert "Enter an email address in the correct format" in shown.text
    assert (shown.values("session_id"), shown.element("full_name")["value"]) == (["s1", "s2"], "Zoë Okafor")


def test_a_form_that_is_too_fast_or_a_day_old_or_filled_in_by_a_program_is_checked_once_more(
    app: InMemoryApp, zoe: Person
) -> None:
    check = zoe.check("s1", "s2")
    filled = zoe.book([*check.sent, ("left_blank", "x")])
    app.now += timedelta(days=2)
    old = zoe.book(check.sent)
    for shown in (filled, old):
        assert (shown.status, shown.title) == (422, "Error: Check your answers for 2 sessions")
    assert states(app) == {}
    zoe.follow(zoe.book(old.sent))
    assert len(states(app)) == 2


def test_a_program_is_told_that_this_is_a_form_and_a_page_opened_by_itself_leads_to_the_first(
    app: InMemoryApp, zoe: Person
) -> None:
    posted = http_requests.json_post({"session_id": ["s1", "s2"]}, accept="application/json")
    assert book.book_several(posted, zoe.outbox).status_code == 415
    for handler in (steps.several_sessions, steps.several_details, steps.several_check):
        assert handler(posted).status_code == 415
        opened = Shown(handler(http_requests.get()))
        assert (opened.status, opened.headers["Location"]) == (303, "/bookings/several/new")


def test_where_fewer_than_two_sessions_can_be_booked_the_form_is_that_of_one(app: InMemoryApp, zoe: Person) -> None:
    for session_id in list(DATES)[1:]:
        add(app, session_id, Date=DATES[session_id], State="closed")
    shown = zoe.open()
    assert (shown.status, shown.headers["Location"]) == (303, "/bookings/new")


def test_the_address_of_the_result_tells_nothing_closes_after_15_minutes_and_takes_the_longest_ids(
    app: InMemoryApp, zoe: Person
) -> None:
    long = [f"{number}-".ljust(500, "é") for number in range(5)]
    for each in long:
        add(app, each)
    sent = zoe.book(zoe.check(*long).sent)
    location = sent.headers["Location"]
    assert len(location) < 1_024
    assert len(lines(zoe.follow(sent))) == 1, "they have one date"
    assert zoe.follow(sent).text.count("You have booked a place") == 5
    assert not any(told in location for told in ("confirmed", "zoe"))
    app.now += timedelta(minutes=15)
    assert zoe.follow(sent).status == 410
    assert Shown(book.several_outcome(http_requests.get_token(location + "x"))).status == 404


def test_the_pages_of_the_form_may_be_kept_for_the_browsers_back_and_the_result_may_not(zoe: Person) -> None:
    check = zoe.check("s1", "s2")
    pages = [zoe.open(), zoe.details("s1", "s2"), check, zoe.send(steps.several_sessions, check.sent)]
    assert {each.headers["Cache-Control"] for each in pages} == {"private, no-cache"}
    assert zoe.follow(zoe.book(check.sent)).headers["Cache-Control"] == "no-store"


def test_what_a_form_of_one_session_has_for_its_waiting_list_means_nothing_here(app: InMemoryApp, zoe: Person) -> None:
    add(app, "s2", Date=DATES["s2"], Capacity=1)
    check = zoe.check("s1", "s2")
    assert app.book("ann", "s2") == 201
    assert zoe.book([*check.sent, ("join_waiting_list", "yes")]).status == 409
    assert states(app) == {"s1": "confirmed"}
