"""The calendar of all public sessions, as a calendar programme that is subscribed to it reads it."""

from datetime import timedelta
from typing import Any

import icalendar

from shared.bookings.self_service.session_feed import SessionFeed
from tests.builders import london
from tests.unit.shared.bookings.booking_system import NAMES, BookingHarness

PAGE = "https://support.example/sessions"


class FeedHarness(BookingHarness):
    """One process that answers subscribers, and an administrator."""

    def __init__(self, **cells: Any) -> None:
        super().__init__(**cells)
        self.feed = SessionFeed(self.booking(), NAMES, PAGE)

    def file(self) -> bytes:
        return self.feed.file(self.now)

    def events(self) -> dict[str, Any]:
        """The entries by their start, as calendars show it in UTC."""
        found: list[Any] = calendar_of(self.file()).walk("VEVENT")
        return {f"{each['dtstart'].dt:%d %b %H:%M}": each for each in found}

    def cost(self) -> int:
        tables = (self.sessions, self.bookings, self.service)
        before = sum(table.calls for table in tables)
        self.file()
        return sum(table.calls for table in tables) - before


def calendar_of(file: bytes) -> Any:
    return icalendar.Calendar.from_ical(file)


def test_it_names_itself_and_asks_to_be_read_again_within_the_day() -> None:
    calendar = calendar_of(FeedHarness().file())

    assert (calendar["method"], calendar["name"], calendar["x-wr-calname"]) == ("PUBLISH", *["Staff session"] * 2)
    assert calendar["refresh-interval"].dt == timedelta(hours=6)
    assert calendar["x-published-ttl"] == "PT6H"


def test_an_entry_says_when_and_where_to_book_and_nothing_of_what_it_is_about() -> None:
    harness = FeedHarness(Title="Racism at work", Theme="Rest", Description="A secret", Facilitator="Ada Example")
    harness.book("ann")

    [event] = harness.events().values()
    assert (event["dtstart"].dt, event["dtend"].dt) == (london("2023-09-08 15:00"), london("2023-09-08 16:15"))
    assert (event["summary"], event["location"], event["status"]) == ("Staff session", "Online", "CONFIRMED")
    assert (event["description"], event["url"]) == (PAGE, PAGE)
    text = harness.file().decode().replace("\r\n ", "")
    hidden = ("Racism", "Rest", "secret", "Ada", "teams.example", "Ann", "s1", "2023-09-08-1500")
    assert [each for each in hidden if each in text] == []


def test_it_takes_up_nobodys_time_and_is_shown_to_the_subscriber() -> None:
    [event] = FeedHarness().events().values()

    assert (event["class"], event["transp"]) == ("PUBLIC", "TRANSPARENT")
    assert "attendee" not in event


def test_a_session_that_moves_is_the_same_entry_in_a_later_version_once_the_edit_is_announced() -> None:
    harness = FeedHarness()
    harness.tick()
    harness.book("ann")
    before = harness.events()["08 Sep 14:00"]
    harness.edit_session(Time="16:00")
    harness.tick()
    assert list(harness.events()) == ["08 Sep 14:00"], "as people were told of it"

    harness.pass_time(minutes=15)
    harness.tick()
    after = harness.events()["08 Sep 15:00"]
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]


def test_a_session_that_is_called_off_stays_as_cancelled_until_it_would_have_ended() -> None:
    harness = FeedHarness()
    harness.tick()
    before = harness.events()["08 Sep 14:00"]
    harness.edit_session(State="cancelled")
    harness.tick()

    [after] = harness.events().values()
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    harness.at(london("2023-09-08 16:15"))
    assert harness.events() == {}


def test_only_public_sessions_are_in_it_each_under_an_id_of_its_own() -> None:
    harness = FeedHarness()
    dates = {"open": "open", "draft": "draft", "closed": "closed", "test": "test", "never-open": "cancelled"}
    for number, (key, state) in enumerate(dates.items(), 10):
        harness.add_session(RowKey=key, Date=f"2023-09-{number}", State=state)
    harness.tick()

    events = harness.events()
    assert list(events) == ["08 Sep 14:00", "10 Sep 14:00"]
    assert len({each["uid"] for each in events.values()}) == 2


def test_it_is_shown_while_it_runs_and_not_afterwards() -> None:
    harness = FeedHarness()
    harness.at(london("2023-09-08 16:14"))
    assert list(harness.events()) == ["08 Sep 14:00"]
    harness.pass_time(minutes=1)
    assert harness.events() == {}


def test_it_costs_one_request_and_counts_no_places() -> None:
    harness = FeedHarness()
    for number in range(20):
        harness.add_session(RowKey=f"more-{number}")

    assert [harness.cost() for _ in range(3)] == [1, 1, 1]
    assert len(calendar_of(harness.file()).walk("VEVENT")) == 21
