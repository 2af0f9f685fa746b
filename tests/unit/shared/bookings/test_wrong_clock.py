"""A process whose clock was hours ahead ran the timer: once the clock is right, all goes on in its usual time."""

import contextlib
from datetime import datetime, timedelta

import pytest

from shared.mail.log_rows import MailState
from shared.mail.quota import SendingQuota
from tests.builders import booking_request, london
from tests.fakes import Crash
from tests.unit.shared.bookings.booking_system import BookingHarness

AHEAD = pytest.mark.parametrize("ahead", [timedelta(hours=hours) for hours in (3, 20, 24)], ids=str)
STARTS = london("2023-09-08 15:00")
FIVE_MINUTES = timedelta(minutes=5)


def booked(now: datetime) -> BookingHarness:
    """Ann has booked the session of 8 September at 3pm, and it is `now`."""
    harness = BookingHarness()
    harness.book("ann")
    harness.live(until=now)
    return harness


def run_with_wrong_clock(harness: BookingHarness, ahead: timedelta, runs: int = 3) -> None:
    """So many runs of the timer, five minutes apart, by a process whose clock is that far ahead."""
    for _ in range(runs):
        with harness.wrong_clock(ahead):
            harness.tick()
        harness.pass_time(minutes=5)


@pytest.mark.parametrize("runs", [1, 2, 3, 12])
@AHEAD
def test_a_session_that_a_wrong_clock_took_for_over_has_its_reminder(ahead: timedelta, runs: int) -> None:
    harness = booked(now=london("2023-09-08 12:30"))
    run_with_wrong_clock(harness, ahead + timedelta(hours=1), runs)
    harness.live(until=STARTS)

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]
    assert harness.session_row().text("Over") == ""


@pytest.mark.parametrize("at", ["2023-09-07 11:30", "2023-09-07 14:30", "2023-09-08 12:10", "2023-09-08 13:30"])
@AHEAD
def test_whoever_a_wrong_clock_did_not_remind_is_reminded_by_the_right_one(ahead: timedelta, at: str) -> None:
    """By the wrong clock there was a later reminder, or none any more; each goes once, and none is left out."""
    harness = booked(now=london(at))
    run_with_wrong_clock(harness, ahead)
    harness.live(until=STARTS)

    assert harness.kinds("ann") == ["booked", "reminder", "reminder"]


@AHEAD
def test_an_edit_that_a_wrong_clock_saw_first_is_told_in_its_usual_time(ahead: timedelta) -> None:
    harness = booked(now=london("2023-09-04 12:00"))
    harness.edit_session(Time="16:00")
    run_with_wrong_clock(harness, ahead, runs=1)

    harness.tick()
    assert "1 person will be emailed at 12:20pm" in harness.session_row().text("Notice")
    harness.live(until=harness.now + timedelta(minutes=15))
    assert harness.kinds("ann") == ["booked", "changed"]


@pytest.mark.parametrize("trouble", ["throttled", "crash-before", "lost-request", "lost-answer"])
@AHEAD
def test_an_email_that_a_wrong_clock_began_goes_on_after_its_usual_wait(ahead: timedelta, trouble: str) -> None:
    """As it is measured by storage's clock. Until then the other process may be sending it."""
    harness = booked(now=london("2023-09-01 12:00"))
    harness.booking().book(booking_request(full_name="Ben", email="ben@example.nhs.uk"), harness.now)
    harness.sender.trouble = {harness.sender.requests: trouble}
    with contextlib.suppress(Crash):
        run_with_wrong_clock(harness, ahead, runs=1)
    sent = len(harness.mails("ben"))
    harness.at(london("2023-09-01 12:00") + timedelta(seconds=30))
    harness.tick()

    assert len(harness.mails("ben")) == sent, "another process may be at it"
    harness.live(until=london("2023-09-01 12:30"))
    assert harness.kinds("ben") == ["booked"]
    assert MailState.SENDING not in {entry.state for entry in harness.ledger().entries("s1").values()}


@AHEAD
def test_emails_that_a_wrong_clock_sent_leave_the_quota_to_the_right_one(ahead: timedelta) -> None:
    harness = booked(now=london("2023-09-01 12:00"))
    harness.quota = SendingQuota(per_minute=1, per_hour=1)
    harness.edit("ann", SendAgain="yes")
    run_with_wrong_clock(harness, ahead, runs=1)
    harness.booking().book(booking_request(full_name="Ben", email="ben@example.nhs.uk"), harness.now)
    harness.live(until=london("2023-09-01 13:30"))

    assert harness.kinds("ben") == ["booked"]


@AHEAD
def test_a_session_whose_row_a_wrong_clock_missed_first_is_called_off_a_day_later(ahead: timedelta) -> None:
    harness = booked(now=london("2023-09-04 12:00"))
    harness.sessions.delete("sessions", "s1")
    run_with_wrong_clock(harness, ahead, runs=1)
    harness.live(until=london("2023-09-05 12:10"))

    assert harness.kinds("ann") == ["booked", "cancelled"]


@AHEAD
def test_emails_that_a_wrong_clock_saw_held_first_are_named_after_a_day(ahead: timedelta) -> None:
    harness = booked(now=london("2023-09-04 12:00"))
    harness.edit_session(HoldEmails="yes")
    run_with_wrong_clock(harness, ahead, runs=1)
    harness.live(until=london("2023-09-05 12:10"))

    assert "HoldEmails has been yes since Monday 4 September" in harness.session_row().text("Problem")


@AHEAD
def test_an_email_to_someone_who_asks_again_does_not_wait_for_a_wrong_clock(ahead: timedelta) -> None:
    harness = booked(now=london("2023-09-01 12:00"))
    with harness.wrong_clock(ahead):
        harness.book("ann")
    harness.pass_time(minutes=61)
    harness.book("ann")

    assert harness.kinds("ann") == ["booked", "already booked", "already booked"]
