"""A wrong set-up of the email service stops all email, loses none, and is over when it is corrected.

With it: an email is not sent again when the service may have forgotten an attempt of before.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from shared.bookings.tables.attendee_rows import write_attendee
from shared.mail.delivery import SET_UP_IS_WRONG, TOO_MANY_REQUESTS, UNKNOWN_OUTCOME, Sent, is_forgotten
from shared.mail.message import MailSetUpError, MailUnclearError
from shared.mail.pause import MailPause
from shared.tables.service_table import read_service_rows
from tests.builders import MORNING, attendee, session
from tests.fakes import Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.mail.test_delivery import CONFIRMATION, MailHarness
from tests.unit.shared.referrals.delivery.release.test_batches import Backlog, all_once
from tests.unit.shared.referrals.referral_system import OPERATORS, ReferralHarness

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
WRONG = SET_UP_IS_WRONG % "HTTP 403 AuthError"


class ReferralOnItsWay(ReferralHarness):
    """One referral, with the interface of `MailHarness`."""

    def __init__(self) -> None:
        super().__init__("inline")
        self.reference = self.accepted()

    def begin(self) -> None:
        self.forwarder().forward(self.reference, MORNING)

    @property
    def states(self) -> list[str]:
        return [row.text("State") for row in self.rows]


class BookingOnItsWay(MailHarness):
    def __init__(self) -> None:
        super().__init__(dedupes=False)

    def begin(self) -> None:
        self.mailer().deliver("s1", CONFIRMATION, MORNING)


class BatchOnItsWay(Backlog):
    """21 referrals in two emails."""

    def begin(self) -> None:
        self.tick(MORNING)


type Harness = ReferralOnItsWay | BookingOnItsWay

HARNESSES: dict[str, Callable[[], Harness]] = {"bookings": BookingOnItsWay, "referrals": ReferralOnItsWay}


def emails(harness: Harness | BatchOnItsWay) -> list[str]:
    """The recipients of all emails but those that tell the operators of it."""
    return [message.to for message in harness.sender.messages if message.to != OPERATORS]


def every_ten_minutes(harness: Harness | BatchOnItsWay, start: datetime, hours: float) -> None:
    for step in range(1, int(hours * 6) + 1):
        with contextlib.suppress(Crash):
            harness.tick(start + 10 * step * MINUTE)


def once_a_day(harness: Harness | BatchOnItsWay, days: int) -> datetime:
    now = MORNING
    for _ in range(days):
        now += DAY
        harness.tick(now)
    return now


@pytest.mark.parametrize("kind", HARNESSES)
def test_a_wrong_set_up_sends_nothing_says_so_and_loses_nothing(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    harness = HARNESSES[kind]()
    harness.sender.trouble = dict.fromkeys(range(1000), "set-up")
    harness.begin()
    every_ten_minutes(harness, MORNING, 24)

    assert emails(harness) == []
    assert harness.states == ["sending"]
    lines = [record for record in caplog.records if record.getMessage() == WRONG]
    assert lines
    assert {record.levelname for record in lines} == {"ERROR"}
    assert len(lines) < 24 * 6, "and it is not asked more often than the email waits"

    harness.sender.trouble = {}
    every_ten_minutes(harness, MORNING + DAY, 2)

    assert len(emails(harness)) == 1
    assert harness.states == ["sent"]


def test_a_set_up_that_stays_wrong_for_a_week_gives_up_no_referral() -> None:
    harness, batch = ReferralOnItsWay(), BatchOnItsWay()
    for each in (harness, batch):
        each.sender.remembers = 3
        each.sender.trouble = dict.fromkeys(range(1000), "set-up")
        each.begin()
        end = once_a_day(each, 7)
        assert emails(each) == []
        each.sender.trouble = {}
        every_ten_minutes(each, end, 2)

    assert (len(emails(harness)), harness.states) == (1, ["sent"])
    assert all_once(batch)
    assert batch.states == {"sent": 21}


def test_during_the_pause_no_other_email_is_tried_and_after_it_others_go_first() -> None:
    harness = BookingOnItsWay()
    harness.bookings.insert(write_attendee(session(), attendee(key="booking-b", email="ben@example.nhs.uk")))
    harness.sender.trouble = dict.fromkeys(range(5), "set-up")
    now = MORNING
    harness.begin()
    for _ in range(4):
        harness.mailer().deliver("s1", "booking-b-1-confirmation", now + 9 * MINUTE)
        now += 60 * MINUTE
        harness.mailer().deliver("s1", CONFIRMATION, now)
    requests = harness.sender.requests

    harness.mailer().deliver("s1", CONFIRMATION, now + 11 * MINUTE)
    assert harness.sender.requests == requests, "it waits for longer than the pause"
    harness.mailer().deliver("s1", "booking-b-1-confirmation", now + 11 * MINUTE)

    assert [message.to for message in harness.sender.messages] == ["ben@example.nhs.uk"]


def paused(harness: Harness) -> FakeTable:
    return harness.service_rows if isinstance(harness, ReferralOnItsWay) else harness.service


def told(table: FakeTable) -> str:
    return MailPause(table).set_up_problem(read_service_rows(table))


def test_a_wrong_set_up_that_a_referral_meets_pauses_bookings_too_and_is_told_until_an_email_is_accepted() -> None:
    """However long that takes: an email may wait for an hour before it is tried again."""
    harness = ReferralOnItsWay()
    harness.sender.trouble = dict.fromkeys(range(3), "set-up")
    harness.begin()

    for table in (harness.service_rows, harness.bookings_service):
        pause = MailPause(table)
        assert pause.is_on(MORNING + 9 * MINUTE)
        assert not pause.is_on(MORNING + 10 * MINUTE)
    before: list[str] = []
    for minutes in range(0, 180, 5):
        before += [] if emails(harness) else [told(harness.bookings_service)]
        harness.tick(MORNING + minutes * MINUTE)
    assert set(before) == {"HTTP 403 AuthError"}
    assert len(before) > 6
    assert (told(harness.service_rows), told(harness.bookings_service)) == ("", "")


@pytest.mark.parametrize("kind", HARNESSES)
def test_an_email_that_is_accepted_clears_the_wrong_set_up_and_one_that_was_found_sent_does_not(kind: str) -> None:
    harness = HARNESSES[kind]()
    harness.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        harness.begin()
    MailPause(paused(harness)).begin(MORNING, "HTTP 403 AuthError")
    harness.tick(MORNING + DAY)
    assert harness.states == ["sent"]
    assert told(paused(harness)) == "HTTP 403 AuthError"

    fresh = HARNESSES[kind]()
    MailPause(paused(fresh)).begin(MORNING - DAY, "HTTP 403 AuthError")
    fresh.begin()
    assert len(emails(fresh)) == 1
    assert told(paused(fresh)) == ""


def test_too_many_requests_do_not_make_a_wrong_set_up_right() -> None:
    table = FakeTable()
    MailPause(table).begin(MORNING, "HTTP 403 AuthError")
    MailPause(table).begin(MORNING + 5 * MINUTE)

    assert told(table) == "HTTP 403 AuthError"


def test_an_accepted_email_asks_for_no_row_while_nothing_is_wrong() -> None:
    table = FakeTable()
    pause = MailPause(table)
    assert not pause.is_on(MORNING)
    before = table.calls
    pause.follow(Sent(), MORNING)

    assert table.calls == before


@pytest.mark.parametrize("fault", ["lost-request", "lost-answer"])
def test_an_email_is_marked_even_if_the_set_up_cannot_be_cleared(fault: Fault) -> None:
    table = FakeTable()
    MailPause(table).begin(MORNING, "HTTP 403 AuthError")
    trouble = InjectedFault(fault=fault, at=1)
    pause = MailPause(with_fault(trouble)(table))
    assert not pause.is_on(MORNING)
    pause.follow(Sent(), MORNING)
    pause.follow(Sent(), MORNING)

    assert told(table) == ""


def test_a_pause_for_too_many_requests_is_a_warning_and_no_wrong_set_up(caplog: pytest.LogCaptureFixture) -> None:
    harness = BookingOnItsWay()
    harness.sender.trouble = {0: "throttled"}
    harness.begin()

    [line] = [record for record in caplog.records if record.getMessage() == TOO_MANY_REQUESTS % "HTTP 429"]
    assert line.levelname == "WARNING"
    assert MailPause(FakeTable()).set_up_problem(read_service_rows(harness.service)) == ""


@pytest.mark.parametrize("kind", HARNESSES)
@pytest.mark.parametrize(("days", "sent", "asked"), [(2, 2, True), (3, 1, True), (5, 1, True)])
def test_an_attempt_that_the_service_may_have_forgotten_is_not_repeated(
    kind: str, days: int, sent: int, *, asked: bool
) -> None:
    """The service takes the first one, this process stops, and no one is there for days; then the service says no."""
    harness = HARNESSES[kind]()
    harness.sender.remembers = 3
    harness.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        harness.begin()
    known = emails(harness)
    harness.sender.sent.clear()  # forgotten there

    harness.tick(MORNING + days * DAY)

    assert len(known) + len(emails(harness)) == sent
    assert bool(harness.sender.asked) is asked
    if sent == 1:
        assert harness.states == ["failed" if kind == "bookings" else "attention"]


def test_of_a_referral_that_may_be_out_a_person_is_told_and_the_mailbox_is_not_blamed() -> None:
    harness = ReferralOnItsWay()
    harness.sender.remembers = 3
    harness.sender.trouble = {0: "crash-after"}
    with pytest.raises(Crash):
        harness.begin()
    harness.sender.sent.clear()
    harness.tick(MORNING + 4 * DAY)

    assert harness.state == ("attention", UNKNOWN_OUTCOME)
    assert harness.own.get("provider", "mailbox") is None


def test_a_batch_that_may_be_out_is_a_persons() -> None:
    harness = BatchOnItsWay()
    harness.sender.remembers = 3
    due = harness.work(MORNING)
    first = harness.sender.requests  # of a batch it asks in any case, and then sends
    harness.sender.trouble = dict.fromkeys(range(first + 1, 100), "crash-after")
    for batch in due.batches:
        with pytest.raises(Crash):
            harness.batch_sender().deliver(batch, MORNING)
    for reference in due.references:
        with pytest.raises(Crash):
            harness.forwarder().forward(reference, MORNING)
    out, harness.sender.trouble = len(emails(harness)), {}
    harness.sender.sent.clear()
    every_ten_minutes(harness, MORNING + 4 * DAY, 2)

    assert out == 2
    assert emails(harness) == []
    assert {row.text("LastError") for row in harness.rows} == {UNKNOWN_OUTCOME}


@pytest.mark.parametrize("kind", HARNESSES)
@pytest.mark.parametrize("trouble", ["set-up", "throttled", "lost-request"])
def test_an_attempt_that_is_known_to_have_failed_is_repeated_however_long_ago(kind: str, trouble: str) -> None:
    harness = HARNESSES[kind]()
    harness.sender.remembers = 3
    harness.sender.trouble = dict.fromkeys(range(10), trouble)  # a referral is tried four times at once
    harness.begin()
    harness.sender.trouble = {}

    every_ten_minutes(harness, MORNING + 4 * DAY, 2)

    assert len(emails(harness)) == 1
    assert harness.states == ["sent"]


@pytest.mark.parametrize("kind", HARNESSES)
def test_what_no_one_could_ask_about_for_days_is_not_sent_again(kind: str) -> None:
    """Each question fails for four days: what was unclear before them still is."""
    harness = HARNESSES[kind]()
    harness.sender.remembers = 3
    harness.sender.trouble = {0: "crash-after"} | dict.fromkeys(range(1, 200), "lost-answer")
    with pytest.raises(Crash):
        harness.begin()
    harness.sender.sent.clear()
    end = once_a_day(harness, 4)
    harness.sender.trouble = {}
    every_ten_minutes(harness, end, 2)

    assert emails(harness) == []


@pytest.mark.parametrize("kind", HARNESSES)
def test_what_was_asked_about_in_time_is_unclear_only_since_then(kind: str) -> None:
    """The service breaks on each attempt for four days, and says each time that it does not have the one before."""
    harness = HARNESSES[kind]()
    harness.sender.remembers = 3
    taken, harness.sender.send = harness.sender.send, _breaking  # type: ignore[method-assign] # fails before it accepts
    harness.begin()
    end = once_a_day(harness, 4)
    harness.sender.send = taken  # type: ignore[method-assign] # whole again
    every_ten_minutes(harness, end, 2)

    assert len(emails(harness)) == 1
    assert harness.states == ["sent"]


def _breaking(*_: object, **__: object) -> None:
    raise MailUnclearError("HTTP 500")


def test_days_are_counted_as_london_does_and_an_unreadable_one_is_long_ago() -> None:
    assert not is_forgotten("2023-09-01", "2023-09-03", 3)
    assert is_forgotten("2023-09-01", "2023-09-04", 3)
    assert is_forgotten("soon", "2023-09-04", 3)
    assert not is_forgotten("", "2023-09-04", 3)
    assert not is_forgotten("2023-09-01", "2024-09-04", None)


def test_a_wrong_set_up_is_temporary_and_asks_for_a_pause() -> None:
    error = MailSetUpError("HTTP 403 AuthError")

    assert error.retry_after == 10 * MINUTE
