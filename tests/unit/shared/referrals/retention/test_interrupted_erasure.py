"""An erasure that breaks off anywhere is completed by whoever meets its row, and is never taken for damage."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.referrals.collection.collector import Collector
from shared.referrals.errors import ReferralGoneError
from shared.referrals.model import NOT_COLLECTED, Progress, Referral, ReferralState
from shared.referrals.repository import ReferralRepository
from shared.referrals.sealing import content_key
from shared.tables.service_table import read_service_rows
from shared.tables.table import StorageError, StorageUnavailableError
from tests.builders import MORNING, referral_request
from tests.fakes import FAULTS, Crash, FakeTable, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.collection.test_collector import LINKS, RIGHT, Provider
from tests.unit.shared.referrals.referral_system import PRIVATE, SUBMISSION, ReferralHarness

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LIMIT = MORNING + 90 * DAY
"""The day on which a link that went out on `MORNING`, and that nobody opened, is erased."""


def uncollected() -> ReferralHarness:
    """A referral whose link nobody has opened until the day before it is erased."""
    harness = ReferralHarness("link")
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), MORNING)
    harness.forwarder().forward(reference, MORNING)
    harness.pass_days(MORNING, 89)
    return harness


def interrupted() -> ReferralHarness:
    """Its answers are deleted, and the process died before its row said so."""
    harness, trouble = uncollected(), InjectedFault(2, "crash-after")
    with pytest.raises(Crash):
        harness.eraser(with_fault(trouble)).erase(harness.referral(), LIMIT, NOT_COLLECTED)
    assert (harness.sealed.rows, harness.state) == ({}, ("attention", "not-acknowledged"))
    return harness


def collector(harness: ReferralHarness) -> Collector:
    return replace(
        Provider().collector,
        store=harness.repository(),
        authenticate=harness.mac.check,
        content_key=lambda sealed: content_key(sealed, PRIVATE),
    )


def open_link(harness: ReferralHarness, now: datetime, store: ReferralRepository | None = None) -> bool:
    """True if someone with link and passphrase sees the answers; False if they are told that we have none."""
    token = LINKS.to_collect(harness.referral().reference, now).rpartition("/")[2]
    found = collector(harness) if store is None else replace(collector(harness), store=store)
    try:
        return bool(found.open(token, RIGHT, now).answers)
    except ReferralGoneError:
        return False


def broken_at_each_call(fault: Fault) -> Iterator[ReferralHarness]:
    """A referral for each call of its erasure, after that call went wrong; copies of one whose day has come."""
    first = uncollected()
    for at in range(20):
        harness, trouble = ReferralHarness("link"), InjectedFault(at, fault)
        for copy, table in zip(tables(harness), tables(first), strict=True):
            copy.rows = dict(table.rows)
        with contextlib.suppress(Crash, StorageError):
            harness.eraser(with_fault(trouble)).erase(harness.referral(), LIMIT, NOT_COLLECTED)
        if not trouble.triggered:
            assert at >= 4, "the row, the answers and the row again"
            return
        yield harness
    pytest.fail("the calls never ended")


def tables(harness: ReferralHarness) -> list[FakeTable]:
    return [harness.status, harness.sealed, harness.mail, harness.own, harness.service_rows, harness.tries]


@pytest.mark.parametrize("fault", FAULTS)
def test_who_opens_the_link_then_sees_the_answers_or_is_told_that_there_are_none(fault: Fault) -> None:
    for harness in broken_at_each_call(fault):
        is_there = harness.sealed.rows != {}

        assert open_link(harness, LIMIT) is is_there
        expected = Progress.OPENED if is_there else Progress.NOT_COLLECTED
        assert harness.referral().progress is expected
        harness.reconcile(LIMIT + 5 * MINUTE)
        assert harness.referral().progress is expected
        assert (harness.sealed.rows != {}) is is_there, "what was opened is kept"


@pytest.mark.parametrize("fault", FAULTS)
def test_the_next_run_says_erased_at_any_hour_and_of_the_day_on_which_it_was(fault: Fault) -> None:
    night = LIMIT.replace(hour=2) + DAY
    for harness in broken_at_each_call(fault):
        was_there = harness.sealed.rows != {}

        harness.orphan_recovery().run()
        harness.reconcile(night)

        assert (harness.sealed.rows != {}) is was_there
        if not was_there:
            assert harness.state == ("erased", NOT_COLLECTED)
            assert harness.referral().erased_on == LIMIT.date().isoformat()
        harness.pass_days(LIMIT, 2)
        assert (harness.state, harness.sealed.rows) == (("erased", NOT_COLLECTED), {})


@pytest.mark.parametrize("stops", [{"Hold": "yes"}, {"OpenedOn": "2023-11-30"}, {"State": "received"}, {}])
def test_one_that_broke_off_before_the_answers_were_deleted_is_not_called_deleted(stops: dict[str, str]) -> None:
    harness = uncollected()
    with pytest.raises(Crash):
        harness.eraser(with_fault(InjectedFault(1, "crash-after"))).erase(harness.referral(), LIMIT, NOT_COLLECTED)
    assert harness.referral().erased_on == "2023-11-30"
    harness.type(**stops)

    harness.tick(LIMIT.replace(hour=2) + DAY)

    assert harness.referral().erased_on == ""
    assert len(harness.sealed.rows) == 1
    harness.pass_days(LIMIT, 3)
    assert (harness.sealed.rows == {}) == (not stops), "and it begins anew, unless something speaks against it"
    assert bool(harness.referral().erased_on) == (not stops)


def test_nobody_is_called_for_one_that_is_completed(caplog: pytest.LogCaptureFixture) -> None:
    harness = interrupted()
    caplog.clear()

    assert not open_link(harness, LIMIT)
    harness.reconcile(LIMIT + 5 * MINUTE)

    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"State": "received"}, NOT_COLLECTED),
        ({"State": "delivered", "DeliveredOn": ""}, NOT_COLLECTED),
        ({"State": "acknowledged"}, NOT_COLLECTED),
        ({"State": "what?"}, NOT_COLLECTED),
        ({"State": "attention", "LastError": "bounced"}, NOT_COLLECTED),
        ({"State": "attention", "LastError": "unseal-missing"}, NOT_COLLECTED),
        ({"Hold": "yes"}, NOT_COLLECTED),
        ({"OpenedOn": "2023-11-30"}, ""),
        ({"AcknowledgedOn": "2023-11-30"}, ""),
    ],
)
def test_whatever_comes_between_the_next_run_completes_it(cells: dict[str, str], reason: str) -> None:
    """`unseal-missing` is in rows of before, when missing answers were taken for damage."""
    harness = interrupted()
    harness.type(**cells)

    harness.tick(LIMIT + 5 * MINUTE)

    assert harness.state == ("erased", reason)
    assert len(harness.sender.messages) == len(interrupted().sender.messages), "nothing is sent of what is gone"


def test_one_that_cannot_be_looked_at_stops_no_other_and_waits_for_the_next_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    harness = interrupted()
    harness.service().accept(referral_request(submission_id="another-0123456789"), LIMIT)
    before = sorted(row.text("State") for row in harness.rows)
    caplog.clear()

    class Unreadable(ReferralRepository):
        def sealed(self, reference: str) -> None:
            raise StorageUnavailableError(reference)

    rows = Unreadable(harness.status, harness.sealed, harness.mail)
    night = LIMIT.replace(hour=2) + DAY
    due = replace(harness.reconciler(), rows=rows).run(read_service_rows(harness.service_rows), night)

    assert len(due.references) == 1
    assert sorted(row.text("State") for row in harness.rows) == before
    assert [each.getMessage() for each in caplog.records if each.levelno > logging.WARNING][:1] == [
        "referral run: interrupted erasure failed: StorageUnavailableError"
    ]
    harness.reconcile(night + 5 * MINUTE)
    assert sorted(row.text("State") for row in harness.rows) == ["erased", "received"]


def test_a_provider_who_confirms_then_is_told_that_it_is_gone_and_cannot_have_it_kept() -> None:
    harness = ReferralHarness("inline")
    reference = harness.forwarded()
    harness.report("delivered")
    harness.pass_days(MORNING, 29)
    harness.eraser().rows.change(reference, harness.referral().etag, ErasedOn="2023-10-01")
    harness.sealed.rows.clear()  # and then the process died

    recorder = harness.acknowledging()
    assert recorder.acknowledge(reference, MORNING + 30 * DAY) is Acknowledgement.ALREADY
    version = harness.referral().version
    assert recorder.keep(reference, MORNING + 30 * DAY, version=version) is Acknowledgement.CHANGED
    assert harness.state == ("erased", "")


@pytest.mark.parametrize("cells", [{"OpenedOn": "2023-11-30"}, {"State": "attention", "LastError": "bounced"}])
def test_a_change_of_the_row_while_its_answers_are_deleted_leaves_it_erased(cells: dict[str, str]) -> None:
    harness = uncollected()

    class Meanwhile(ReferralRepository):
        """The row changes after the answers were found and before they are deleted."""

        def delete_sealed(self, sealed: Referral) -> None:
            harness.type(**cells)
            super().delete_sealed(sealed)

    rows = Meanwhile(harness.status, harness.sealed, harness.mail)
    replace(harness.eraser(), rows=rows).erase(harness.referral(), LIMIT, NOT_COLLECTED)

    assert harness.sealed.rows == {}
    assert harness.referral().state is ReferralState.ERASED
    assert harness.referral().last_error == ("" if "OpenedOn" in cells else NOT_COLLECTED)


def test_the_same_form_that_is_sent_again_then_reaches_the_provider() -> None:
    """Its answers are new, of another day: they are not those that nobody collected."""
    harness = interrupted()
    before = len(harness.sender.messages)
    later = LIMIT + DAY
    reference = harness.service().accept(referral_request(submission_id=SUBMISSION), later)
    assert reference == harness.referral().reference

    harness.reconcile(later)
    harness.orphan_recovery().run()
    harness.tick(later + 5 * MINUTE)

    assert len(harness.sealed.rows) == 1
    assert harness.state == ("sent", "")
    assert len(harness.sender.messages) > before
    assert open_link(harness, later + 10 * MINUTE)
