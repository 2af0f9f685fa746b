"""Referrals in Table Storage: a status that administrators may read, and sealed answers that nobody there can."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from shared.local_time import london_day
from shared.mail.delivery import LEASE, Claim
from shared.referrals.model import NEVER, Referral, ReferralState, Sealed
from shared.tables.table import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_PARTITION = "referrals"
_MAIL = "mail"
_LISTED = ("PartitionKey", "RowKey", "ReceivedOn", "ConsentVersion", "SubmissionHash")


@dataclass(frozen=True, slots=True)
class MailIndexEntry:
    """What a mail was about: a referral, under one of its epochs. `notice` is where the log has a notice, or ""."""

    reference: str
    epoch: int
    notice: str = ""


@dataclass(frozen=True, slots=True)
class ReferralRepository:
    """The tables `Referrals`, `SealedReferrals` and `ReferralMail`, in an account of their own.

    `ReferralMail` finds a referral by the operation id that delivery reports carry.
    """

    status_table: Table
    sealed_table: Table
    mail_table: Table

    def insert_sealed(self, referral: Referral, sealed: Sealed) -> None:
        """Stores the sealed answers.

        Raises:
            RowConflictError: the reference is taken, perhaps by this very referral.
        """
        self.sealed_table.insert(_keys(referral.reference) | _about(referral) | _sealed_cells(sealed))

    def insert_status(self, referral: Referral) -> None:
        """Stores where the referral stands; one that is there already is left as it is."""
        try:
            self.status_table.insert(_status_cells(referral))
        except RowConflictError:
            return

    def sealed(self, reference: str) -> tuple[Referral, Sealed] | None:
        """What was stored under this reference, or None."""
        row = self.sealed_table.get(_PARTITION, reference)
        return None if row is None else (_referral(row), _sealed(row))

    def status(self, reference: str) -> Referral | None:
        row = self.status_table.get(_PARTITION, reference)
        return None if row is None else _referral(row)

    def every_status(self) -> list[Referral]:
        """Every referral that has a status row, whatever an editor made of its cells."""
        return [_referral(row) for row in self.status_table.query(PartitionKey=_PARTITION)]

    def every_sealed(self) -> list[Referral]:
        """Every referral whose sealed answers are stored, without them."""
        return [_referral(row) for row in self.sealed_table.query(_LISTED, PartitionKey=_PARTITION)]

    def claim(self, referral: Referral, operation_id: UUID, now: datetime) -> Claim | None:
        """Takes the referral on; None where somebody else has since it was read."""
        attempts, claimant = referral.attempts + 1, uuid4().hex
        cells = _stages(referral) | {"State": str(ReferralState.SENDING), "Attempts": attempts, "ClaimedBy": claimant}
        cells |= {"NotBefore": moment_text(now + LEASE)}
        try:
            etag = self.status_table.merge(_keys(referral.reference) | cells, referral.etag)
        except (RowConflictError, StorageUnavailableError):
            found = self.status_table.get(_PARTITION, referral.reference)
            if found is None or found.text("ClaimedBy") != claimant:
                return None
            etag = found.etag
        # Before the mail is sent: a delivery report can come sooner than the next line of ours.
        is_new = self._remember(referral, operation_id, now)
        # Whatever an editor made of the row: a mail that was perhaps sent before is asked about first.
        return Claim(operation_id, attempts=attempts, taken_over=referral.attempts > 0 or not is_new, etag=etag)

    def change(self, reference: str, etag: str, **cells: str | int) -> str:
        """Sets these cells of a status that nobody has changed since it was read, and returns its new ETag.

        Raises:
            RowConflictError: somebody has - or this very call did, and its answer was lost. Read it again.
        """
        return self.status_table.merge(_keys(reference) | cells, etag)

    def mark(self, reference: str, etag: str, **cells: str | int) -> bool:
        """As `change`, but says whether it was done: where somebody was faster, theirs stands."""
        try:
            self.change(reference, etag, **cells)
        except RowConflictError:
            return False
        return True

    def delete_sealed(self, sealed: Referral) -> None:
        """Erases the answers that were read as `sealed`; nothing happens where they are gone.

        Raises:
            RowConflictError: others are stored under this reference since.
        """
        self.sealed_table.delete(_PARTITION, sealed.reference, sealed.etag)

    def delete_status(self, referral: Referral) -> None:
        """Forgets a referral.

        Raises:
            RowConflictError: somebody has changed its row since it was read.
        """
        self.status_table.delete(_PARTITION, referral.reference, referral.etag)

    def mailed(self, operation_id: str) -> MailIndexEntry | None:
        """What a delivery report is about; None where it is none of these."""
        row = self.mail_table.get(operation_id, _MAIL)
        return None if row is None else _mailed(row)

    def every_mailed(self) -> list[Row]:
        """Every row by which a report finds its mail: `On`, or `At` of a notice, says since when."""
        return self.mail_table.query()

    def prune_mail_index(self, before: str) -> int:
        """Deletes those of before that day (YYYY-MM-DD), and returns how many."""
        old = [row for row in self.every_mailed() if (row.text("On") or row.text("At")[:10]) < before]
        for row in old:
            self.mail_table.delete(row.partition, row.key, row.etag)
        return len(old)

    def _remember(self, referral: Referral, operation_id: UUID, now: datetime) -> bool:
        """Whether it was not known yet."""
        cells = {"PartitionKey": str(operation_id), "RowKey": _MAIL, "Referral": referral.reference}
        try:
            self.mail_table.insert(cells | {"Epoch": referral.epoch, "On": london_day(now)})
        except RowConflictError:  # an earlier attempt wrote it, or the SDK's first try
            return False
        return True


def _mailed(row: Row) -> MailIndexEntry:
    notice = row.text("Session")
    if not notice:
        return MailIndexEntry(row.text("Referral"), row.integer("Epoch") or 0)
    reference, _, rest = row.text("Mail").partition("-")
    epoch = rest.partition("-")[0]
    return MailIndexEntry(reference, int(epoch) if epoch.isdecimal() else 0, notice)


def _keys(reference: str) -> dict[str, Any]:
    return {"PartitionKey": _PARTITION, "RowKey": reference}


def _about(referral: Referral) -> dict[str, Any]:
    return {
        # The day only: a time of day beside a ward's rota would tell who it was.
        "ReceivedOn": referral.received_on,
        "ConsentVersion": referral.consent_version,
        "SubmissionHash": referral.submission,
    }


def _status_cells(referral: Referral) -> dict[str, Any]:
    # Every column from the start: the portal's dialog offers only those that a row has.
    first = {"State": str(ReferralState.RECEIVED), "Attempts": 0, "NotBefore": "", "Hold": "no"}
    return _keys(referral.reference) | _about(referral) | _stages(referral) | first


def _stages(referral: Referral) -> dict[str, Any]:
    """What is known of its way, but for where it stands and the claim on it."""
    return {
        "DueOn": referral.due_on,
        "SentOn": referral.sent_on,
        "DeliveredOn": referral.delivered_on,
        "AcknowledgedOn": referral.acknowledged_on,
        "ErasedOn": referral.erased_on,
        "AttentionOn": referral.attention_on,
        "WaitingSince": moment_text(referral.waiting_since) if referral.waiting_since else "",
        "Alarms": referral.alarms,
        "LastError": referral.last_error,
        "Warned": referral.warned,
        "WarnedOn": referral.warned_on,
        "Epoch": referral.epoch,
        "Redriven": referral.redriven,
        "Delivery": referral.delivery,
    }


def _sealed_cells(sealed: Sealed) -> dict[str, Any]:
    return {
        "Version": sealed.version,
        "KeyId": sealed.key_id,
        "WrappedKey": sealed.wrapped_key,
        "Nonce": sealed.nonce,
        "Sealed": sealed.ciphertext,
    }


def _sealed(row: Row) -> Sealed:
    return Sealed(
        version=row.text("Version"),
        key_id=row.text("KeyId"),
        wrapped_key=_bytes(row, "WrappedKey"),
        nonce=_bytes(row, "Nonce"),
        ciphertext=_bytes(row, "Sealed"),
    )


def _bytes(row: Row, name: str) -> bytes:
    value = row.cells.get(name)
    return value if isinstance(value, bytes) else b""


def _referral(row: Row) -> Referral:
    return Referral(
        reference=row.key,
        state=_state(row.text("State", ReferralState.RECEIVED)),
        received_on=row.text("ReceivedOn"),
        consent_version=row.text("ConsentVersion"),
        submission=row.text("SubmissionHash"),
        due_on=row.text("DueOn"),
        sent_on=row.text("SentOn"),
        delivered_on=row.text("DeliveredOn"),
        acknowledged_on=row.text("AcknowledgedOn"),
        erased_on=row.text("ErasedOn"),
        attention_on=row.text("AttentionOn"),
        attempts=row.integer("Attempts") or 0,
        not_before=row.moment("NotBefore") or NEVER,
        waiting_since=row.moment("WaitingSince"),
        alarms=row.integer("Alarms") or 0,
        last_error=row.text("LastError"),
        warned=row.integer("Warned") or 0,
        warned_on=row.text("WarnedOn"),
        epoch=row.integer("Epoch") or 0,
        redriven=row.integer("Redriven") or 0,
        delivery=row.text("Delivery"),
        held=row.boolean("Hold", default=bool(row.text("Hold"))),  # whatever else somebody wrote there is an objection
        etag=row.etag,
    )


def _state(text: str) -> ReferralState:
    # A word that is none of ours was typed by somebody: a person must look, and nothing may be dropped meanwhile.
    word = text.casefold()
    return ReferralState(word) if word in ReferralState else ReferralState.ATTENTION
