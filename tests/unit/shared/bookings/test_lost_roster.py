"""A roster that vanished stops new places and is told; a row that was deleted by hand frees its place."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.bookings.email_log.lost_roster import lost_bookings
from shared.bookings.model.attendee import Roster
from shared.bookings.model.errors import BookingError, SessionSuspendedError
from shared.bookings.tables.repository import GUARD
from shared.mail.log_rows import MailState
from shared.tables.service_table import read_service_rows
from shared.tables.table import Row
from tests.builders import attendee, entry, london
from tests.every_row import every_row
from tests.unit.shared.bookings.staff_emails.test_organiser_digest import HarnessWithOrganiser

SAYS = "people were emailed that they have a place, and the table Bookings has no row of theirs"


def booked(*names: str, **cells: Any) -> HarnessWithOrganiser:
    harness = HarnessWithOrganiser(**cells)
    harness.add_session(RowKey="s2")
    for name in names:
        harness.book(name, join_waiting_list=True)
    harness.tick()
    return harness


def lose(harness: HarnessWithOrganiser, *, but: tuple[str, ...] = ()) -> list[Row]:
    """Takes every row of the roster of `s1`, or all but those of some people."""
    taken = [row for row in harness.bookings.query(PartitionKey="s1") if row.text("Name").casefold() not in but]
    for row in taken:
        del harness.bookings.rows[("s1", row.key)]
    harness.pass_time(minutes=5)
    return taken


def put_back(harness: HarnessWithOrganiser, rows: list[Row]) -> None:
    for row in rows:
        harness.bookings.put(row.cells)
    harness.pass_time(minutes=5)


def try_to_book(harness: HarnessWithOrganiser, name: str, session_id: str = "s1") -> bool:
    try:
        harness.book(name, session_id, join_waiting_list=True)
    except BookingError:
        return False
    return True


def lost_of(harness: HarnessWithOrganiser) -> dict[str, int]:
    return dict(harness.schedule().run(read_service_rows(harness.service), harness.now).lost)


def alerts_of_loss(harness: HarnessWithOrganiser) -> int:
    return sum("Bookings are missing" in text for text in harness.texts_received)


def test_no_place_is_given_even_before_the_next_run() -> None:
    harness = booked("ann", "ben")
    lose(harness)

    with pytest.raises(SessionSuspendedError):
        harness.book("cem")
    assert harness.rows() == []
    assert try_to_book(harness, "cem", "s2")


def test_row_says_so_and_the_organiser_is_told_once() -> None:
    harness = booked("ann", "ben")
    lose(harness)
    harness.live(until=harness.now + timedelta(hours=5))

    assert harness.session_row().text("Problem").startswith(f"2 {SAYS}")
    assert harness.session_row("s2").text("Problem") == ""
    assert alerts_of_loss(harness) == 1
    assert lost_of(harness) == {"s1": 2}
    assert not try_to_book(harness, "cem")


@pytest.mark.parametrize("with_guard", [True, False])
def test_rows_put_back_heal_it_and_nobody_is_emailed_again(with_guard: bool) -> None:
    harness = booked("ann", "ben", "cem", Capacity=2)
    before = len(harness.mails("ann") + harness.mails("ben") + harness.mails("cem"))
    rows = lose(harness)
    harness.live(until=harness.now + timedelta(hours=2))
    put_back(harness, [row for row in rows if with_guard or row.key != GUARD])
    harness.live(until=harness.now + timedelta(hours=2))

    assert len(harness.mails("ann") + harness.mails("ben") + harness.mails("cem")) == before
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed", "cem": "waiting"}
    assert (harness.session_row().text("Problem"), lost_of(harness)) == ("", {})
    assert try_to_book(harness, "dan")
    harness.at(london("2023-09-07 15:00"))
    harness.tick()
    assert harness.kinds("ann") == ["booked", "reminder"]


def test_restored_person_can_cancel_and_the_place_goes_to_who_waits() -> None:
    harness = booked("ann", "ben", Capacity=1)
    put_back(harness, [row for row in lose(harness) if row.key != GUARD])
    assert harness.cancel("ann")
    harness.tick()

    assert harness.states() == {"ann": "cancelled", "ben": "confirmed"}


def test_part_of_the_rows_put_back_gives_no_place_to_who_waits() -> None:
    harness = booked("ann", "ben", "cem", Capacity=2)
    rows = lose(harness, but=("ann", "cem"))
    harness.tick()

    assert harness.states() == {"ann": "confirmed", "cem": "waiting"}
    assert harness.session_row().text("Problem").startswith("1 person was emailed that they have a place")
    harness.cancel("ann")
    harness.tick()
    assert harness.states() == {"ann": "cancelled", "cem": "waiting"}
    assert lost_of(harness) == {"s1": 1}
    put_back(harness, rows)
    harness.tick()
    assert harness.states() == {"ann": "cancelled", "ben": "confirmed", "cem": "confirmed"}


@pytest.mark.parametrize("names", [("ann",), ("ann", "ben")])
def test_rows_deleted_while_the_guard_stands_free_their_places(names: tuple[str, ...]) -> None:
    harness = booked("ann", "ben", Capacity=2)
    for name in names:
        harness.delete(name)
    harness.pass_time(minutes=5)

    assert lost_of(harness) == {}
    assert try_to_book(harness, "cem")
    assert harness.states()["cem"] == "confirmed"
    assert harness.session_row().text("Problem") == ""


def test_row_typed_by_hand_and_deleted_again_frees_its_place() -> None:
    harness = HarnessWithOrganiser(Capacity=1)
    cells = {"PartitionKey": "s1", "RowKey": "x", "Name": "Ann", "Email": "ann@example.nhs.uk", "State": "confirmed"}
    harness.bookings.insert(cells)
    harness.tick()
    assert harness.kinds("ann") == ["booked"]
    harness.delete("ann")
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.session_row().text("Problem") == ""
    assert try_to_book(harness, "ben")


def test_guard_alone_deleted_is_written_again() -> None:
    harness = booked("ann", "ben")
    del harness.bookings.rows[("s1", GUARD)]
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.session_row().text("Problem") == ""
    assert ("s1", GUARD) in harness.bookings.rows
    assert try_to_book(harness, "cem")


def test_administrator_says_by_a_guard_that_the_rows_were_deleted_on_purpose() -> None:
    harness = booked("ann", "ben")
    lose(harness)
    harness.tick()
    harness.bookings.insert({"PartitionKey": "s1", "RowKey": GUARD})
    harness.pass_time(minutes=5)
    harness.tick()

    assert harness.session_row().text("Problem") == ""
    assert try_to_book(harness, "cem")


def test_session_that_has_started_is_left_alone() -> None:
    harness = booked("ann")
    lose(harness)
    harness.at(london("2023-09-08 15:30"))
    harness.tick()

    assert lost_of(harness) == {}


def before_the_log_is_read(
    harness: HarnessWithOrganiser, monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]
) -> None:
    real = harness.log.query

    def query(**like: str) -> list[Row]:
        monkeypatch.setattr(harness.log, "query", real)
        act()
        return real(**like)

    monkeypatch.setattr(harness.log, "query", query)


def test_first_booking_confirmed_between_two_reads_of_the_timer_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = HarnessWithOrganiser()
    before_the_log_is_read(harness, monkeypatch, lambda: harness.book("ann"))

    assert lost_of(harness) == {}
    assert harness.states() == {"ann": "confirmed"}


def test_first_booking_confirmed_between_two_reads_of_another_does_not_refuse_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    harness = HarnessWithOrganiser()
    before_the_log_is_read(harness, monkeypatch, lambda: harness.book("ann"))

    assert try_to_book(harness, "ben")
    assert harness.states() == {"ann": "confirmed", "ben": "confirmed"}


@every_row(
    "mails, lost",
    [
        ({"booking-a-1-confirmation": MailState.SENT}, True),
        ({"booking-a-1-confirmation": MailState.DELIVERED}, True),
        ({"booking-a-1-checking": MailState.SENT}, True),
        ({"booking-a-1-confirmation": MailState.SENDING}, False),
        ({"booking-a-1-confirmation": MailState.FAILED}, False),
        ({"booking-a-1-waiting": MailState.SENT}, False),
        ({"booking-a-1-confirmation": MailState.SENT, "booking-a-1-gone": MailState.SENT}, False),
        ({"booking-a-1-confirmation": MailState.SENT, "booking-a-1-gone": MailState.SENDING}, False),
        ({"booking-a-1-checking": MailState.SENT, "booking-a-1-released": MailState.SENT}, False),
        ({"booking-a-1-gone": MailState.SENT, "booking-a-2-confirmation": MailState.SENT}, True),
        ({"booking-a-1-confirmation": MailState.SENT, "booking-a-2-waiting": MailState.SENT}, False),
        ({"facilitators-P7D-20230908T1400Z": MailState.SENT}, False),
        ({}, False),
    ],
)
def test_booking_is_lost_if_the_email_log_says_that_a_place_was_promised_last(
    mails: dict[str, MailState], lost: bool
) -> None:
    log = {mail_id: entry(mail_id, state) for mail_id, state in mails.items()}

    assert bool(lost_bookings(Roster((), ""), log)) is lost
    assert not lost_bookings(Roster((), "etag"), log)
    assert not lost_bookings(Roster((attendee(),), ""), log)
