"""Statuses of referrals come back without answers, without times of day, and without another email to the provider."""

from collections.abc import Sequence
from datetime import date, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from local.commands.restore import restore
from local.restore.account import Account
from local.restore.report import LeftOut, Report
from shared.backups.copies import Copy
from shared.backups.daily_backup import GONE_AFTER, AccountBackup
from shared.composition.backups import BackupServices
from shared.config.settings import Settings
from shared.referrals.retention.copied_rows import copied_notice, copied_status
from shared.tables.table import Row
from tests.builders import MORNING, referral_request
from tests.fakes import FakeBlobs, FakeTable
from tests.unit.functions.test_app_roles import EVERYTHING
from tests.unit.shared.referrals.referral_system import ReferralHarness

if TYPE_CHECKING:
    from shared.composition.context import AppContext
    from shared.tables.table import Table

DAY = "2023-09-01"


class BackedUpReferrals(ReferralHarness):
    """Referrals with their daily copies."""

    def __init__(self) -> None:
        super().__init__()
        self.blobs = FakeBlobs()

    @property
    def tables(self) -> dict[str, FakeTable]:
        return {"Referrals": self.status, "SealedReferrals": self.sealed, "ReferralService": self.own}

    def back_up(self) -> None:
        tables = {name: cast("Table", table) for name, table in self.tables.items()}
        settings = Settings.from_environment(EVERYTHING)
        context = SimpleNamespace(settings=settings, referral_tables=tables.get)
        source = BackupServices(cast("AppContext", context))
        AccountBackup("referrals", self.blobs, source._referrals).run(MORNING)

    def restore(self, *, write: bool = True, later: timedelta = timedelta(hours=1)) -> Report:
        account = Account(lambda name: cast("Table", self.tables[name]), self.blobs, lambda: MORNING + later)
        return restore(account, DAY, write=write)

    def copied(self, table: str = "Referrals") -> Sequence[dict[str, object]]:
        return Copy.open(self.blobs, DAY).rows(table)


def test_what_waits_comes_back_and_is_sent_once() -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    system.back_up()
    system.forwarder().forward(reference, MORNING)
    system.status.rows.clear()
    system.mail.rows.clear()

    assert system.restore().back["Referrals"] == 1
    system.forwarder().forward(reference, MORNING + timedelta(hours=2))

    assert system.state[0] == "sent"
    assert len(system.sender.sent) == 1


@pytest.mark.parametrize("index_is_lost", [False, True])
def test_one_that_may_have_gone_longer_ago_than_the_email_service_remembers_waits_for_a_person(
    index_is_lost: bool,
) -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    system.back_up()
    system.forwarder().forward(reference, MORNING)
    system.status.rows.clear()
    if index_is_lost:
        system.mail.rows.clear()
    sent, system.sender.sent = len(system.sender.sent), []  # the service has forgotten it
    system.sender.remembers = 3

    system.restore(later=timedelta(days=4))
    system.forwarder().forward(reference, MORNING + timedelta(days=4))

    assert (sent, system.sender.sent) == (1, [])
    [status] = system.status.rows.values()
    assert (status.text("State"), status.text("LastError")) == ("attention", "outcome-unknown")


@pytest.mark.parametrize("went_again", [True, False])
def test_one_that_was_to_be_sent_again_at_the_time_of_the_copy_waits_for_a_person(*, went_again: bool) -> None:
    """It would go as a new email, which the email service cannot be asked for by the id of the one before."""
    system = BackedUpReferrals()
    reference = system.accepted()
    system.forwarder().forward(reference, MORNING)
    cells = dict(system.status.rows["referrals", reference].cells)
    system.status.put(cells | {"State": "received"})  # an operator, a minute before the copy
    system.back_up()
    if went_again:
        system.forwarder().forward(reference, MORNING)
    sent = len(system.sender.sent)
    system.status.rows.clear()
    system.mail.rows.clear()

    system.restore()
    system.forwarder().forward(reference, MORNING + timedelta(hours=2))

    assert sent == len(system.sender.sent) == 1 + went_again
    row = system.status.rows["referrals", reference]
    assert (row.text("State"), row.text("LastError")) == ("attention", "outcome-unknown")
    assert reference in {key for _, key in system.sealed.rows}


def test_what_was_sent_comes_back_as_it_was() -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    system.forwarder().forward(reference, MORNING)
    system.back_up()
    before = system.status.rows["referrals", reference].cells
    system.status.rows.clear()

    assert sum(system.restore(write=False).back.values()) == 1
    assert system.status.rows == {}
    system.restore()

    assert system.status.rows["referrals", reference].cells == before
    assert system.restore().there["Referrals"] == 1


def test_one_whose_answers_are_gone_waits_for_a_person_and_is_never_sent() -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    system.back_up()
    system.status.rows.clear()
    system.sealed.rows.clear()

    system.restore()
    system.forwarder().forward(reference, MORNING + timedelta(hours=2))

    row = system.status.rows["referrals", reference]
    assert (row.text("State"), row.text("LastError")) == ("attention", "unseal-missing")
    assert system.sender.sent == []


def test_one_that_was_erased_on_request_stays_away() -> None:
    """The answers are deleted first, then the status: the other one shows that answers were not lost."""
    system = BackedUpReferrals()
    first = system.accepted()
    second = system.service().accept(referral_request(submission_id="another-submission-0"), MORNING)
    system.back_up()
    del system.sealed.rows["referrals", first]
    system.status.rows.clear()

    found = system.restore()

    assert found.left == {("Referrals", LeftOut.DELETED, "referrals"): 1}
    assert {key for _, key in system.status.rows} == {second}


def test_no_answer_and_no_time_of_day_is_copied() -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    cells = system.status.rows["referrals", reference].cells
    moment = "2023-09-01T08:03:00Z"
    system.status.put({**cells, "NotBefore": moment, "WaitingSince": moment})
    system.own.put({"PartitionKey": "mail-count", "RowKey": "sent", "Sent": f'{{"{moment}": 1}}'})
    system.own.put({"PartitionKey": "release", "RowKey": "flags", "Backlog": moment})
    system.own.put({"PartitionKey": "reminders", "RowKey": "one", "At": moment})
    system.back_up()

    assert not any(b"SealedReferrals" in blob or b"Sealed" in blob for blob in system.blobs.blobs.values())
    assert [row["NotBefore"] for row in system.copied()] == [""]
    assert not any(b"08:03" in blob for name, blob in system.blobs.blobs.items() if "/Referrals-" in name)
    assert [row["PartitionKey"] for row in system.copied("ReferralService")] == ["reminders"]


def status(erased: str, **cells: str) -> Row:
    keys = {"PartitionKey": "referrals", "RowKey": "34679CDF", "State": "erased", "ErasedOn": erased}
    return Row(keys | cells, "")


@pytest.mark.parametrize(("days", "is_copied"), [(79, True), (80, False), (91, False)])
def test_a_status_is_not_copied_that_is_deleted_before_the_copy_is(days: int, is_copied: bool) -> None:
    today = date(2023, 9, 1)
    erased = (today - timedelta(days=days)).isoformat()
    notice = Row({"PartitionKey": "batches", "RowKey": "b", "At": f"{erased}T08:00:00Z"}, "")

    assert (copied_status(status(erased), today, GONE_AFTER) is not None) is is_copied
    assert (copied_notice(notice, today, GONE_AFTER) is not None) is is_copied


def test_what_retention_has_passed_stays_away() -> None:
    system = BackedUpReferrals()
    system.status.put(dict(status("2023-06-20").cells))
    system.back_up()
    assert len(system.copied()) == 1
    system.status.rows.clear()

    found = system.restore(later=timedelta(days=30))

    assert found.left == {("Referrals", LeftOut.EXPIRED, "referrals"): 1}
    assert system.status.rows == {}


@pytest.mark.parametrize("is_sent", [True, False])
@pytest.mark.parametrize("others", [True, False])
def test_one_that_was_withdrawn_after_the_copy_is_not_revived(is_sent: bool, others: bool) -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    if is_sent:
        system.forwarder().forward(reference, MORNING)
    if others:
        system.service().accept(referral_request(), MORNING)
    system.back_up()
    withdrawn = system.withdrawals().withdraw(reference, MORNING)
    assert withdrawn is not None
    system.withdrawals().complete(withdrawn, MORNING)
    sent = len(system.sender.messages)
    system.status.rows.clear()

    system.restore()
    system.forwarder().forward(reference, MORNING + timedelta(hours=2))

    found = system.repository().status(reference)
    assert found is not None
    assert (found.state, found.withdrawn_on) == ("withdrawn", DAY)
    assert found.told_on or not is_sent
    assert [mail.subject for mail in system.sender.messages[sent:] if "New" in mail.subject] == []


def test_one_that_was_withdrawn_before_the_copy_comes_back_as_it_was() -> None:
    system = BackedUpReferrals()
    reference = system.accepted()
    withdrawn = system.withdrawals().withdraw(reference, MORNING)
    assert withdrawn is not None
    system.withdrawals().complete(withdrawn, MORNING)
    system.back_up()
    before = system.status.rows["referrals", reference].cells
    system.status.rows.clear()
    system.own.rows.clear()

    system.restore()

    assert system.status.rows["referrals", reference].cells == before
    assert ("withdrawn", reference) in system.own.rows
