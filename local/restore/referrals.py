"""Restores the tables of the referrals' account: which notices went, and then the statuses. Answers have no backup."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from local.restore.account import Account
from local.restore.missing_rows import Cells, deleted_later, insert_each, key_of
from local.restore.report import LeftOut, Report
from shared.backups.copies import Copy
from shared.local_time import zone
from shared.mail.delivery import UNKNOWN_OUTCOME
from shared.referrals import transitions
from shared.referrals.delivery.notice_sender import WITHDRAWN
from shared.referrals.model import FINISHED, Referral, ReferralState
from shared.referrals.referral_rows import read_referral
from shared.referrals.retention.retention_rules import may_delete_status
from shared.tables.table import Row

_TO_BE_SENT = frozenset({ReferralState.RECEIVED, ReferralState.SENDING})
_ANSWERS_MISSING = "unseal-missing"


@dataclass(slots=True, kw_only=True)
class ReferralRestoration:
    """One restoration at `now` (UTC); `later` are the complete copies after the one that is restored.

    A referral under way whose answers were deleted since, or that a later copy has no more, stays away: the provider
    has finished with it, or someone asked for it to be erased. One that was withdrawn since is put back as withdrawn.
    With `write` False nothing is written.
    """

    account: Account
    copy: Copy
    later: Sequence[Copy]
    now: datetime
    write: bool
    report: Report = field(default_factory=Report)

    def run(self) -> Report:
        """Puts back what is missing.

        Raises:
            CopyError: a copy is not as it was written.
            StorageError: it is not known what was written; run it again.
        """
        self._put_back("ReferralService", self.copy.rows("ReferralService"))
        copied = self.copy.rows("Referrals")
        referrals = [read_referral(Row(cells, "")) for cells in copied]
        deleted = deleted_later({key_of(cells) for cells in copied}, (each.rows("Referrals") for each in self.later))
        sealed = {row.key for row in self.account.tables("SealedReferrals").query(["PartitionKey", "RowKey"])}
        # Of those that are under way some answers are there: then the others were not lost.
        answers_are_kept = any(each.reference in sealed for each in referrals if each.state not in FINISHED)
        wanted, withdrawn = [], self._withdrawn()
        for cells, referral in zip(copied, referrals, strict=True):
            has_answers = referral.reference in sealed
            is_erased = referral.state not in FINISHED and answers_are_kept and not has_answers
            if may_delete_status(referral, self.now.astimezone(zone()).date()):
                self.report.left["Referrals", LeftOut.EXPIRED, "referrals"] += 1
            elif key_of(cells) in deleted or (is_erased and referral.reference not in withdrawn):
                self.report.left["Referrals", LeftOut.DELETED, "referrals"] += 1
            elif referral.reference in withdrawn:
                wanted.append({**cells, **_withdrawn_since(referral, withdrawn[referral.reference])})
            else:
                wanted.append({**cells, **_changed(referral, self.copy.day, self.now, has_answers=has_answers)})
        self._put_back("Referrals", wanted)
        return self.report

    def _withdrawn(self) -> Mapping[str, str]:
        """The day on which a referral was withdrawn, by its reference, as far as notes of it are left."""
        noted = [dict(row.cells) for row in self.account.tables("ReferralService").query(PartitionKey=WITHDRAWN)]
        copied = [cells for each in self.later for cells in each.rows("ReferralService")]
        of_notes = {each["RowKey"]: each["At"] for each in (*copied, *noted) if each["PartitionKey"] == WITHDRAWN}
        rows = (read_referral(Row(cells, "")) for each in self.later for cells in each.rows("Referrals"))
        return of_notes | {each.reference: each.withdrawn_on for each in rows if each.withdrawn_on}

    def _put_back(self, name: str, rows: Sequence[Cells]) -> None:
        table = self.account.tables(name)
        there = {(row.partition, row.key) for row in table.query()}
        missing = [cells for cells in rows if key_of(cells) not in there]
        self.report.there[name] += len(rows) - len(missing)
        self.report.back[name] += len(missing)
        if self.write:
            insert_each(table, missing)


def _withdrawn_since(referral: Referral, day: str) -> Cells:
    """The cells of one that was withdrawn after the copy. The timer looks once more what is left to do."""
    if referral.state is ReferralState.WITHDRAWN:
        return {}
    return transitions.withdrawn(datetime.fromisoformat(f"{day}T12:00:00+00:00"), may_have_gone=True)


def _changed(referral: Referral, day: str, now: datetime, *, has_answers: bool) -> Cells:
    """The cells that a status is put back with that are not as in the copy.

    If all answers were lost, one that is under way is neither sent nor reminded of: a person looks. So does one that
    an operator had asked to be sent again, since it would go as a new email, for which no service can be asked. Any
    other that waited may have gone since `day`, that of the copy: the email service is asked for it before it is sent.
    """
    if referral.state not in FINISHED and not has_answers:
        return transitions.attention(_ANSWERS_MISSING, now)
    if referral.is_resend_requested:
        return transitions.attention(UNKNOWN_OUTCOME, now)
    if referral.state in _TO_BE_SENT:
        # As an attempt leaves it that broke off; one that waited is in no batch.
        batch = referral.batch if referral.is_in_batch else ""
        sending = {"State": str(ReferralState.SENDING), "Attempts": max(1, referral.attempts), "Batch": batch}
        return sending | {"UnclearOn": referral.unclear_on or day}
    return {}
