"""What nobody collects is erased on a day that was announced for 30 days, and that `Hold` puts off."""

import contextlib
import logging
import random
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from shared.referrals.intake.orphan_recovery import OrphanRecovery
from shared.referrals.model import NOT_COLLECTED, Progress, Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.retention.uncollected_rules import UncollectedLimit, announced_day
from shared.tables.table import Row, RowConflictError, StorageUnavailableError
from tests import builders
from tests.builders import MORNING
from tests.every_row import every_row
from tests.fakes import FakeTable, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import OPERATORS, ReferralHarness

DAY = timedelta(days=1)
SENT, LIMIT = date(2023, 9, 1), date(2023, 11, 30)  # ninety days, and the clocks go back between
TOLD = LIMIT - 30 * DAY
SUBJECT = "Action needed: 1 referral not opened"


def forwarded() -> ReferralHarness:
    """A referral whose link went out on 1 September."""
    harness = ReferralHarness("link")
    harness.forwarded()
    return harness


def days_told(harness: ReferralHarness) -> int:
    return sum(message.subject == SUBJECT for message in harness.mails_to(OPERATORS))


def at(day: date) -> datetime:
    return datetime.combine(day, MORNING.time(), MORNING.tzinfo)


def until(harness: ReferralHarness, day: date, start: date = SENT) -> datetime:
    """The timer on every day after `start` up to that one."""
    return harness.pass_days(at(start), (day - start).days)


def announced(harness: ReferralHarness) -> str:
    return harness.referral().deletion_on


def test_it_is_announced_thirty_days_before_then_weekly_and_erased_on_the_day() -> None:
    harness = forwarded()
    until(harness, TOLD - DAY)
    assert (announced(harness), days_told(harness)) == ("", 0)

    until(harness, TOLD, TOLD - DAY)
    assert (announced(harness), days_told(harness)) == (LIMIT.isoformat(), 1)
    [message] = [each for each in harness.mails_to(OPERATORS) if each.subject == SUBJECT]
    assert harness.referral().reference in message.text
    assert "Thursday 30 November 2023" in message.text
    until(harness, LIMIT - DAY, TOLD)
    assert (days_told(harness), len(harness.sealed.rows)) == (5, 1)

    until(harness, LIMIT, LIMIT - DAY)
    referral = harness.referral()
    assert (referral.state, referral.erased_on, referral.last_error) == ("erased", "2023-11-30", "not-collected")
    assert referral.progress is Progress.NOT_COLLECTED
    assert harness.sealed.rows == {}
    assert harness.tries.rows == {}


def test_the_status_goes_ninety_days_later_and_is_announced_no_more() -> None:
    harness = forwarded()
    until(harness, LIMIT)
    until(harness, LIMIT + 89 * DAY, LIMIT)
    assert harness.referral().state is ReferralState.ERASED
    assert days_told(harness) == 5

    until(harness, LIMIT + 90 * DAY, LIMIT + 89 * DAY)
    assert harness.rows == []


def test_nothing_is_erased_that_was_not_announced_for_thirty_days_however_late() -> None:
    """The timer was down for a year; it first counts three normal days, and then announces."""
    harness = forwarded()
    start = at(SENT) + 365 * DAY

    now = harness.pass_days(start, 5)
    announced_on = date.fromisoformat(harness.referral().deletion_told_on)
    assert announced(harness) == (announced_on + 30 * DAY).isoformat()
    now = harness.pass_days(now, (announced_on + 29 * DAY - now.date()).days)
    assert len(harness.sealed.rows) == 1
    harness.pass_days(now, 1)
    assert harness.sealed.rows == {}


def test_emails_that_do_not_go_announce_nothing() -> None:
    harness = forwarded()
    until(harness, TOLD - DAY)
    harness.sender.trouble = {harness.sender.requests + number: "throttled" for number in range(40)}

    until(harness, TOLD + 5 * DAY, TOLD - DAY)
    assert announced(harness) == ""
    harness.sender.trouble = {}
    until(harness, TOLD + 8 * DAY, TOLD + 5 * DAY)
    told_on = date.fromisoformat(harness.referral().deletion_told_on)
    assert announced(harness) == (told_on + 30 * DAY).isoformat()


def test_without_an_address_the_log_says_it(caplog: pytest.LogCaptureFixture) -> None:
    harness = forwarded()
    until(harness, TOLD - DAY)
    caplog.set_level(logging.ERROR)
    notice = replace(harness.reconciler().uncollected, address="")

    notice.announce(harness.repository().every_status(), at(TOLD))

    assert announced(harness) == LIMIT.isoformat()
    assert "referrals that nobody has collected will be erased: 1" in caplog.text


@every_row(
    "cells",
    [
        {"OpenedOn": "2023-09-05"},
        {"State": "attention", "AttentionOn": "2023-09-05", "LastError": "bounced"},
        {"State": "attention", "AttentionOn": "2023-09-05", "LastError": "reminder-bounced"},
        {"State": "attention", "AttentionOn": "2023-09-05", "LastError": "unseal-content"},
        {"Delivery": "inline", "DeliveredOn": ""},
        {"Delivery": ""},
        {"SentOn": "soon", "State": "attention", "AttentionOn": "2023-09-05", "LastError": "not-acknowledged"},
        {"SentOn": "9999-12-31", "State": "attention", "AttentionOn": "2023-09-05", "LastError": "not-acknowledged"},
        {"Hold": "yes"},
        {"Hold": "31/12/2023"},
        {"Hold": "please do not"},
        {"Hold": "2023-13-01"},
        {"Hold": "20231201"},
        {"Hold": "٢٠٢٣-١٢-٠١"},
        {"Hold": "9999-12-31"},
    ],
)
def test_of_these_none_is_announced_or_erased(cells: dict[str, str]) -> None:
    harness = forwarded()
    until(harness, SENT + 4 * DAY)
    harness.type(**cells)

    until(harness, LIMIT + 40 * DAY, SENT + 4 * DAY)

    assert (announced(harness), len(harness.sealed.rows), days_told(harness)) == ("", 1, 0)


@pytest.mark.parametrize("word", ["no", "", "false", "2023-11-30", "2020-01-01", "0001-01-01"])
def test_these_put_nothing_off(word: str) -> None:
    harness = forwarded()
    until(harness, SENT + 4 * DAY)
    harness.type(Hold=word)

    until(harness, LIMIT, SENT + 4 * DAY)

    assert harness.sealed.rows == {}


@pytest.mark.parametrize("typed", ["2024-02-01", "2024-02-01T00:00:00Z", "2024-02-01 00:00:00+00:00"])
def test_a_day_typed_into_hold_puts_it_off_and_is_announced_in_turn(typed: str) -> None:
    harness, later = forwarded(), date(2024, 2, 1)
    until(harness, LIMIT - 10 * DAY)
    assert announced(harness) == LIMIT.isoformat()

    harness.type(Hold=typed)
    assert announced_day(harness.referral()) is None, "the person is not told a day that no longer holds"
    until(harness, later - 31 * DAY, LIMIT - 10 * DAY)
    assert (announced(harness), len(harness.sealed.rows)) == ("", 1)
    until(harness, later - 30 * DAY, later - 31 * DAY)
    assert announced(harness) == later.isoformat()
    assert announced_day(harness.referral()) == later
    until(harness, later - DAY, later - 30 * DAY)
    assert len(harness.sealed.rows) == 1
    until(harness, later, later - DAY)
    assert harness.sealed.rows == {}


def test_a_day_within_the_thirty_is_told_at_once() -> None:
    harness, later = forwarded(), LIMIT + 5 * DAY
    until(harness, LIMIT - 8 * DAY)
    harness.type(Hold=later.isoformat())
    before = days_told(harness)

    until(harness, LIMIT - 7 * DAY, LIMIT - 8 * DAY)

    assert (announced(harness), days_told(harness)) == (later.isoformat(), before + 1)
    until(harness, later - DAY, LIMIT - 7 * DAY)
    assert len(harness.sealed.rows) == 1


def test_a_day_that_is_put_off_counts_at_once_even_if_no_email_goes() -> None:
    harness, later = forwarded(), LIMIT + 5 * DAY
    until(harness, LIMIT - 8 * DAY)
    harness.type(Hold=later.isoformat())
    harness.sender.trouble = {harness.sender.requests + number: "throttled" for number in range(100)}

    until(harness, LIMIT - 3 * DAY, LIMIT - 8 * DAY)

    assert announced_day(harness.referral()) == later


def test_taking_a_hold_back_moves_no_announced_day_forward() -> None:
    harness, later = forwarded(), LIMIT + 20 * DAY
    until(harness, LIMIT - 8 * DAY)
    harness.type(Hold=later.isoformat())
    until(harness, LIMIT - DAY, LIMIT - 8 * DAY)
    harness.type(Hold="no")

    until(harness, later - DAY, LIMIT - DAY)

    assert len(harness.sealed.rows) == 1
    assert announced(harness) == later.isoformat()


def test_a_hold_without_an_end_that_is_taken_back_is_announced_anew() -> None:
    harness = forwarded()
    until(harness, LIMIT - 2 * DAY)
    harness.type(Hold="yes")
    until(harness, LIMIT + 10 * DAY, LIMIT - 2 * DAY)
    assert announced(harness) == ""
    harness.type(Hold="no")

    until(harness, LIMIT + 11 * DAY, LIMIT + 10 * DAY)

    assert (announced(harness), len(harness.sealed.rows)) == ((LIMIT + 41 * DAY).isoformat(), 1)


def test_a_hold_that_is_typed_at_the_last_moment_is_heard() -> None:
    harness = forwarded()
    until(harness, LIMIT - DAY)
    stale = harness.referral()
    harness.type(Hold="yes")

    assert harness.reconciler().uncollected.limit.may_erase(stale, LIMIT)
    with pytest.raises(RowConflictError):
        harness.eraser().erase(stale, at(LIMIT))

    assert len(harness.sealed.rows) == 1


def test_one_that_is_opened_or_sent_again_after_it_was_announced_stays() -> None:
    opened, again = forwarded(), forwarded()
    for harness in (opened, again):
        until(harness, LIMIT - 5 * DAY)
    opened.type(OpenedOn=(LIMIT - 5 * DAY).isoformat())
    again.type(State="received")

    for harness in (opened, again):
        until(harness, LIMIT + 5 * DAY, LIMIT - 5 * DAY)
        assert len(harness.sealed.rows) == 1
        assert announced(harness) == ""


def test_with_a_shorter_time_set_it_is_still_thirty_days() -> None:
    referral = builders.referral(state=ReferralState.SENT, sent_on="2023-09-01", delivery="link")
    today = SENT + 80 * DAY

    assert UncollectedLimit(365).day_to_announce(referral, today) is None
    assert UncollectedLimit(31).day_to_announce(referral, today) == today + 30 * DAY
    assert not UncollectedLimit(31).may_erase(referral, today + 400 * DAY)


def test_with_a_longer_time_set_what_was_announced_is_put_off() -> None:
    told = {"deletion_on": LIMIT.isoformat(), "deletion_told_on": TOLD.isoformat()}
    referral = builders.referral(state=ReferralState.SENT, sent_on="2023-09-01", delivery="link", **told)

    assert UncollectedLimit(90).may_erase(referral, LIMIT)
    assert not UncollectedLimit(100).may_erase(referral, LIMIT)
    assert UncollectedLimit(100).day_to_announce(referral, LIMIT) == LIMIT + 10 * DAY


@pytest.mark.parametrize("typed", ["2023-09-02", "yesterday", "9999-12-31"])
def test_a_day_that_someone_typed_over_erases_nothing_early(typed: str) -> None:
    harness = forwarded()
    until(harness, SENT + 10 * DAY)
    harness.type(DeletionOn=typed)

    until(harness, TOLD + 29 * DAY, SENT + 10 * DAY)

    assert len(harness.sealed.rows) == 1


@pytest.mark.parametrize("jump", [400, -400])
def test_a_clock_that_jumps_erases_nothing_before_it_was_announced_for_thirty_days(jump: int) -> None:
    harness = forwarded()
    until(harness, SENT + 20 * DAY)

    harness.pass_days(at(SENT + (20 + jump) * DAY), 3)
    until(harness, TOLD + 29 * DAY, SENT + 20 * DAY)

    assert len(harness.sealed.rows) == 1


@pytest.mark.parametrize("fault", ["lost-request", "lost-answer"])
def test_a_fault_at_any_call_of_the_day_is_made_good(fault: str) -> None:
    harness = forwarded()
    now = until(harness, LIMIT - DAY)
    tables = (harness.status, harness.sealed, harness.mail, harness.own, harness.service_rows, harness.tries)
    before = [dict(table.rows) for table in tables]
    for number in range(60):
        for table, rows in zip(tables, before, strict=True):
            table.rows = dict(rows)
        trouble = InjectedFault(number, fault)  # type: ignore[arg-type]  # one of the faults
        with contextlib.suppress(StorageUnavailableError):
            harness.reconcile(now + DAY, with_fault(trouble))
        if not trouble.triggered:
            assert number >= 6
            return
        until(harness, LIMIT + 3 * DAY, LIMIT)

        assert harness.referral().progress is Progress.NOT_COLLECTED, f"call {number}"
        assert harness.sealed.rows == {}
    pytest.fail("the calls never ended")


def test_rows_of_before_have_no_such_columns_and_are_announced_like_others() -> None:
    harness = forwarded()
    [(key, row)] = harness.status.rows.items()
    old = {name: value for name, value in row.cells.items() if not name.startswith("Deletion")}
    harness.status.rows[key] = Row(old, row.etag)

    until(harness, TOLD)

    assert announced(harness) == LIMIT.isoformat()
    assert isinstance(harness.status, FakeTable)


WORDS = ["yes", "no", "no", "", "2023-12-10", "2024-01-15", "2024-03-01", "2023-01-01", "31/12/2023", "what?"]


@pytest.mark.parametrize(
    "seed", [*range(5), *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(5, 200))]
)
def test_nothing_is_erased_that_was_not_announced_for_thirty_days_in_whatever_order_things_happen(seed: int) -> None:
    """The page of the person, as it was at the end of each day, is what they were told."""
    chance, harness, told = random.Random(seed), forwarded(), dict[date, date | None]()
    now = until(harness, TOLD - 10 * DAY)
    for _ in range(150):
        if chance.random() < 0.05:
            harness.type(Hold=chance.choice(WORDS))
        if chance.random() < 0.01:
            harness.type(State="received")
        if chance.random() < 0.05:  # the email service does not answer for some requests
            first = harness.sender.requests
            harness.sender.trouble = {first + number: "throttled" for number in range(chance.randrange(12))}
        held = harness.referral().held_until if not harness.referral().held else "9999-12-31"
        now = harness.pass_days(now, chance.choice([1, 1, 1, 2]))
        if not harness.sealed.rows:
            assert harness.referral().progress is Progress.NOT_COLLECTED
            assert held <= now.date().isoformat(), "someone objects"
            month = [day for on, day in told.items() if now.date() - on <= 28 * DAY]
            assert all(day is not None and day <= now.date() for day in month)
            assert len(month) >= 14
            return
        told[now.date()] = announced_day(harness.referral())


def test_recovery_that_looks_while_answers_are_erased_reopens_nothing() -> None:
    harness = ReferralHarness("link")
    reference = harness.forwarded()
    late = MORNING + timedelta(days=100)

    class ErasedMeanwhile(ReferralRepository):
        """The other process erases between the two looks."""

        def every_status(self) -> list[Referral]:
            harness.eraser().erase(harness.referral(), late, NOT_COLLECTED)
            return super().every_status()

    rows = ErasedMeanwhile(harness.status, harness.sealed, harness.mail)
    OrphanRecovery(rows, harness.mac.is_signed).run()
    harness.forwarder().forward(reference, late)

    assert harness.state == ("erased", NOT_COLLECTED)
