"""After the email log was lost everyone is told each change once, and nothing anew."""

from datetime import timedelta

import pytest

from tests.fakes import Crash
from tests.unit.shared.bookings.booking_system import BookingHarness

every_loss = pytest.mark.parametrize("lost", [("log",), ("log", "index")], ids=" and ".join)


def announce_and_lose(system: BookingHarness, lost: tuple[str, ...], **cells: str) -> None:
    """The change is announced, and before its emails go what was known of all emails is lost."""
    system.edit_session(**cells)
    for _ in range(4):
        system.pass_time(minutes=5)
        system.run_schedule_without_sending()
    for name in lost:
        getattr(system, name).rows.clear()


@every_loss
def test_a_change_that_was_to_be_told_when_the_log_was_lost_is_told_once(lost: tuple[str, ...]) -> None:
    system = BookingHarness()
    for name in ("ann", "ben"):
        system.book(name)

    announce_and_lose(system, lost, Time="16:00")
    system.live(until=system.now + timedelta(hours=2))

    assert [system.kinds(name) for name in ("ann", "ben")] == [["booked", "changed"]] * 2


@every_loss
def test_a_change_that_is_taken_back_is_told_to_those_who_knew_it(lost: tuple[str, ...]) -> None:
    system = BookingHarness()
    system.book("ann")
    system.edit_session(Time="16:00")
    system.live(until=system.now + timedelta(hours=1))
    system.book("ben")

    announce_and_lose(system, lost, Time="14:00")
    system.live(until=system.now + timedelta(hours=2))

    assert [system.kinds(name) for name in ("ann", "ben")] == [["booked", "changed", "changed"], ["booked", "changed"]]


def test_who_was_told_all_before_the_log_was_lost_hears_nothing_anew_as_the_index_knows_the_version() -> None:
    system = BookingHarness()
    system.book("ann")
    announce_and_lose(system, (), Time="16:00")
    system.book("ben")
    system.tick()
    system.log.rows.clear()

    system.live(until=system.now + timedelta(hours=2))

    assert [system.kinds(name) for name in ("ann", "ben")] == [["booked", "changed"], ["booked"]]


def test_a_late_email_that_was_sent_and_not_marked_is_known_with_its_version() -> None:
    system = BookingHarness()
    system.book("ann")
    announce_and_lose(system, (), Time="16:00")
    system.sender.trouble = {system.sender.requests: "set-up"}
    system.book("ben")
    system.log.rows.clear()
    system.index.rows.clear()
    system.pass_time(hours=3)
    system.sender.trouble = {system.sender.requests + 1: "crash-after"}
    with pytest.raises(Crash):
        system.mailer().deliver("s1", f"{system.row('ben').key}-1-confirmation", system.now)

    system.live(until=system.now + timedelta(hours=2))

    assert system.kinds("ben") == ["booked"]
