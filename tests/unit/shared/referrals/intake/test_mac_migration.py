"""Rows that were stored before there were MACs get one, in the days of the operator's setting and at no other time."""

import contextlib
import logging
from datetime import date, timedelta
from typing import Any

import pytest

from shared.referrals.intake.mac_migration import MacMigration
from shared.referrals.referral_rows import sealed_cells
from shared.referrals.row_mac import RowMac
from tests.builders import MORNING, referral_request
from tests.fakes import Crash, InjectedFault, with_fault
from tests.unit.shared.referrals.referral_system import MAC, ReferralHarness, seal_as_before

LAST_DAY = date(2023, 9, 2)
OPEN = RowMac.of(b"m" * 32, migration_ends=LAST_DAY)
AFTER = MORNING + timedelta(days=2)


def system_of_before(number: int = 1) -> ReferralHarness:
    """Referrals that the version before accepted: its rows have no columns for a MAC."""
    harness = ReferralHarness()
    for each in range(number):
        store_as_before(harness, f"submission-{each:010}")
    return harness


def store_as_before(harness: ReferralHarness, submission: str) -> str:
    request = referral_request(submission_id=submission)
    reference = harness.service().accept(request, MORNING)
    stored, _ = harness.repository().sealed(reference) or pytest.fail("it was stored")
    cells = sealed_cells(stored, seal_as_before(reference, request.record.encode()))
    harness.sealed.delete("referrals", reference)
    harness.sealed.insert({name: value for name, value in cells.items() if name not in {"Mac", "MacKey"}})
    return reference


def unsigned(harness: ReferralHarness) -> int:
    return sum(not key for _, key in harness.repository().every_mac_key())


def test_each_row_gets_its_mac_once_and_is_forwarded_under_it_from_then_on(caplog: pytest.LogCaptureFixture) -> None:
    harness = system_of_before(3)
    harness.mac = OPEN

    assert MacMigration(harness.repository(), OPEN).run(MORNING) == 3
    assert MacMigration(harness.repository(), OPEN).run(MORNING) == 0
    assert [record.getMessage() for record in caplog.records] == [
        "sealed referrals stored before there were MACs: 3 now have one"
    ]
    harness.mac = MAC  # the setting is taken out
    harness.pass_time(AFTER, 0.5)
    assert {row.text("State") for row in harness.rows} == {"sent"}
    assert len(harness.sender.messages) == 3


def test_the_timer_does_it_before_anything_else() -> None:
    harness = system_of_before()
    harness.mac = OPEN

    [reference] = harness.reconcile(MORNING)

    assert unsigned(harness) == 0
    harness.mac = MAC
    harness.forwarder().forward(reference, MORNING)
    assert harness.state == ("sent", "")


def test_what_the_app_of_before_accepts_meanwhile_is_forwarded_before_the_timer_comes() -> None:
    """The worker is deployed first, and the queue is faster than the timer."""
    harness = system_of_before()
    harness.mac = OPEN

    harness.forwarder().forward(harness.referral().reference, MORNING)

    assert harness.state == ("sent", "")


@pytest.mark.parametrize("ends", [None, date(2023, 8, 31), date(2099, 1, 1)])
def test_without_an_open_window_nothing_is_signed_and_nothing_is_sent(ends: date | None) -> None:
    harness = system_of_before()
    harness.mac = RowMac.of(b"m" * 32, migration_ends=ends)

    harness.reconcile(MORNING)
    harness.recover()

    assert unsigned(harness) == 1
    assert harness.state == ("attention", "unseal-mac missing")


def test_when_the_window_has_closed_nothing_in_a_table_opens_it_again() -> None:
    """Every table but that of the sealed answers is emptied: no mark is kept that someone could delete."""
    harness = system_of_before()
    harness.mac = OPEN
    harness.reconcile(MORNING)
    late = store_as_before(harness, "submission-9876543210")
    for table in (harness.status, harness.mail, harness.own, harness.service_rows, harness.tries):
        table.rows.clear()

    harness.reconcile(AFTER)
    harness.pass_time(AFTER, 0.5)

    states = {row.key: (row.text("State"), row.text("LastError")) for row in harness.rows}
    assert states.pop(late) == ("attention", "unseal-mac missing")
    assert list(states.values()) == [("sent", "")]


def test_only_rows_of_the_first_version_are_signed_and_none_that_has_another_mac() -> None:
    harness = ReferralHarness()
    changes: list[dict[str, Any]] = [{"Version": "2"}, {"Mac": b"x" * 32, "MacKey": ""}, {"Mac": b"x" * 32}]
    for number, cells in enumerate(changes):
        reference = store_as_before(harness, f"submission-{number:010}")
        row = harness.sealed.rows["referrals", reference]
        harness.sealed.merge({"PartitionKey": "referrals", "RowKey": reference, **cells}, row.etag)

    assert MacMigration(harness.repository(), OPEN).run(MORNING) == 0
    harness.mac = OPEN
    harness.recover()
    assert {row.text("State") for row in harness.rows} == {"attention"}


@pytest.mark.parametrize("fault", ["lost-request", "lost-answer", "crash-before", "crash-after"])
def test_cut_off_at_any_call_the_next_run_goes_on(fault: str) -> None:
    for at in range(20):
        harness, trouble = system_of_before(2), InjectedFault(at, fault)  # type: ignore[arg-type]  # one of the faults
        with contextlib.suppress(Crash, Exception):
            MacMigration(harness.repository(with_fault(trouble)), OPEN).run(MORNING)
        if not trouble.triggered:
            assert at >= 5, "the list, and reading and writing each row were each broken"
            return

        MacMigration(harness.repository(), OPEN).run(MORNING)
        assert unsigned(harness) == 0, f"call {at}"
        harness.pass_time(AFTER, 0.5)
        assert {row.text("State") for row in harness.rows} == {"sent"}
    pytest.fail("the calls never ended")


def test_a_row_that_cannot_be_signed_stops_no_run_of_the_timer(caplog: pytest.LogCaptureFixture) -> None:
    harness, trouble = system_of_before(), InjectedFault(0, "lost-request")
    harness.mac = OPEN

    assert len(harness.reconcile(MORNING, with_fault(trouble))) == 1

    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert line == "referral run: missing MACs failed: StorageUnavailableError"
