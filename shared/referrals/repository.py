"""Referrals in Table Storage: a status that administrators may read, and sealed answers that they cannot open."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from shared.local_time import local_day
from shared.mail.delivery import LEASE, TAKEN_OVER_AFTER, Claim
from shared.referrals.model import Referral, ReferralState
from shared.referrals.referral_rows import (
    LISTED,
    PARTITION,
    MailIndexEntry,
    key_cells,
    mac_cells,
    progress_cells,
    read_index_entry,
    read_referral,
    read_sealed,
    sealed_cells,
    status_cells,
)
from shared.referrals.sealed_answers import Ages, Sealed
from shared.tables.table import TIMESTAMP, Row, RowConflictError, StorageUnavailableError, Table, moment_text

_MAIL = "mail"
_BATCH = "Batch"


@dataclass(frozen=True, slots=True)
class ReferralRepository:
    """The tables `Referrals`, `SealedReferrals` and `ReferralMail`, in an account of their own.

    `ReferralMail` finds a referral by the operation id that delivery reports carry. Every method raises `StorageError`.
    """

    status_table: Table
    sealed_table: Table
    mail_table: Table

    def insert_sealed(self, referral: Referral, sealed: Sealed) -> None:
        """Stores the sealed answers.

        Raises:
            RowConflictError: the reference is taken, perhaps by this very referral.
        """
        self.sealed_table.insert(sealed_cells(referral, sealed))

    def insert_status(self, referral: Referral) -> bool:
        """Stores the status of a referral; False if there is one already, which is left as it is."""
        try:
            self.status_table.insert(status_cells(referral))
        except RowConflictError:
            return False
        return True

    def sealed(self, reference: str) -> tuple[Referral, Sealed] | None:
        """The sealed answers under this reference, and their referral; None if there are none."""
        row = self.sealed_table.get(PARTITION, reference)
        return None if row is None else (read_referral(row), read_sealed(row))

    def status(self, reference: str) -> Referral | None:
        row = self.status_table.get(PARTITION, reference)
        return None if row is None else read_referral(row)

    def every_status(self) -> list[Referral]:
        """Every referral that has a status row, whatever an editor made of its cells."""
        return [read_referral(row) for row in self.status_table.query(PartitionKey=PARTITION)]

    def every_sealed(self) -> list[Referral]:
        """Every referral whose sealed answers are stored, without them."""
        return [read_referral(row) for row in self.sealed_table.query(LISTED, PartitionKey=PARTITION)]

    def every_mac_key(self) -> list[tuple[str, str]]:
        """The reference of every sealed row, with the id of the key of its MAC; "" if it names none."""
        rows = self.sealed_table.query(("PartitionKey", "RowKey", "MacKey"), PartitionKey=PARTITION)
        return [(row.key, row.text("MacKey")) for row in rows]

    def add_mac(self, stored: Referral, sealed: Sealed) -> None:
        """Adds the MAC to the sealed row that was read as `stored`.

        Raises:
            RowConflictError: it has changed since, or is gone.
        """
        self.sealed_table.merge(key_cells(stored.reference) | mac_cells(sealed), stored.etag)

    def ages(self) -> Ages:
        """When the answers of each referral were written; they are not read."""
        rows = self.sealed_table.query(("RowKey", TIMESTAMP), PartitionKey=PARTITION)
        written = {row.key: row.written_at for row in rows if row.written_at is not None}
        return Ages(written, rows[-1].read_at if rows else None)

    def join(self, referral: Referral, own: UUID, batch: UUID, now: datetime) -> bool:
        """Claims the referral for the batch that it names; False if it has changed since it was read.

        `own` and `batch` are the ids of the email that it would have had, and of the one that it goes in. A later
        attempt to send it by itself then asks about the batch first.
        """
        if self._claim_status(referral, referral.attempts + 1, now) is None:
            return False
        known = self._index(referral, own, now)
        row = known or self.mail_table.get(str(own), _MAIL)
        if row is not None and row.text(_BATCH) != str(batch):
            self.mail_table.merge({"PartitionKey": row.partition, "RowKey": row.key, _BATCH: str(batch)}, row.etag)
        return True

    def claim(self, referral: Referral, operation_id: UUID, now: datetime) -> Claim | None:
        """Claims the referral for one attempt; None if another process has claimed it since it was read."""
        attempts = referral.attempts + 1
        etag = self._claim_status(referral, attempts, now)
        if etag is None:
            return None
        # Before the email is sent: a delivery report can come sooner than the next line.
        known = self._index(referral, operation_id, now)
        # Whatever an editor made of the row: an email that may have been sent before is asked about first.
        return Claim(
            operation_id,
            attempts=attempts,
            taken_over=referral.attempts > 0 or known is not None,
            etag=etag,
            lease_ends=now + LEASE,
            earlier=_operations(known),
            # A status without an attempt was lost and made again: it does not know what the index knows.
            unclear_on=known.text("On") if known is not None and not referral.attempts else referral.unclear_on,
        )

    def earlier_emails(self, own: UUID) -> tuple[UUID, ...]:
        """Ids of the emails in which a referral may have gone already, whose own email has the id `own`."""
        known = self.mail_table.get(str(own), _MAIL)
        return () if known is None else (*_operations(known), own)

    def change(self, reference: str, etag: str, **cells: str | int) -> str:
        """Sets these cells of a status that has not changed since it was read, and returns its new ETag.

        Raises:
            RowConflictError: it has changed - or this very call changed it, and its answer was lost. Read it again.
        """
        return self.status_table.merge(key_cells(reference) | cells, etag)

    def mark(self, reference: str, etag: str, **cells: str | int) -> bool:
        """As `change`, but returns False after a conflict: an earlier change stands."""
        try:
            self.change(reference, etag, **cells)
        except RowConflictError:
            return False
        return True

    def note_opening(self, referral: Referral, **cells: str | int) -> bool:
        """As `mark`, for an opening: the SDK may repeat the call, and this one is known again by a random id."""
        opening = uuid4().hex
        try:
            self.change(referral.reference, referral.etag, **cells, OpeningId=opening)
        except (RowConflictError, StorageUnavailableError):
            found = self.status_table.get(PARTITION, referral.reference)
            return found is not None and found.text("OpeningId") == opening
        return True

    def renew_sealed(self, stored: Referral) -> None:
        """Gives the sealed row that was read as `stored` another ETag, so that no one deletes it by this one.

        Raises:
            RowConflictError: it has changed since, or is gone.
        """
        self.sealed_table.merge(key_cells(stored.reference), stored.etag)

    def delete_sealed(self, sealed: Referral) -> None:
        """Erases the answers that were read as `sealed`; nothing happens if they are gone.

        Raises:
            RowConflictError: others are stored under this reference since.
        """
        self.sealed_table.delete(PARTITION, sealed.reference, sealed.etag)

    def delete_status(self, referral: Referral) -> None:
        """Deletes the status of a referral.

        Raises:
            RowConflictError: its row has changed since it was read.
        """
        self.status_table.delete(PARTITION, referral.reference, referral.etag)

    def mailed(self, operation_id: str) -> MailIndexEntry | None:
        """The subject of a delivery report; None if it is no email of a referral."""
        row = self.mail_table.get(operation_id, _MAIL)
        return None if row is None else read_index_entry(row)

    def was_emailed(self, reference: str) -> bool:
        """True if an email about the referral went out, or may have, whatever is typed into its status."""
        return bool(self.mail_table.query(("RowKey",), Referral=reference))

    def every_mailed(self) -> list[Row]:
        """Every row by which a report finds its email; `On`, or `At` of a notice, is the day it was sent."""
        return self.mail_table.query()

    def prune_mail_index(self, before: str) -> int:
        """Deletes the rows of before that day (YYYY-MM-DD), and returns their number."""
        old = [row for row in self.every_mailed() if (row.text("On") or row.text("At")[:10]) < before]
        for row in old:
            self.mail_table.delete(row.partition, row.key, row.etag)
        return len(old)

    def _claim_status(self, referral: Referral, attempts: int, now: datetime) -> str | None:
        """The status row's ETag as this claim wrote it; None if it is claimed by another. From now on it may go out."""
        claimant = uuid4().hex
        cells = {"State": str(ReferralState.SENDING), "Attempts": attempts, "ClaimedBy": claimant}
        cells |= {"NotBefore": moment_text(now + TAKEN_OVER_AFTER)}
        cells |= {"UnclearOn": referral.unclear_on or local_day(now)}
        try:
            return self.status_table.merge(
                key_cells(referral.reference) | progress_cells(referral) | cells, referral.etag
            )
        except (RowConflictError, StorageUnavailableError):
            found = self.status_table.get(PARTITION, referral.reference)
            return found.etag if found is not None and found.text("ClaimedBy") == claimant else None

    def _index(self, referral: Referral, operation_id: UUID, now: datetime) -> Row | None:
        """Stores which referral the email is about; returns the row if that is stored already."""
        cells = {"PartitionKey": str(operation_id), "RowKey": _MAIL, "Referral": referral.reference}
        try:
            self.mail_table.insert(cells | {"Epoch": referral.epoch, "On": local_day(now)})
        except RowConflictError:  # an earlier attempt wrote it, or the SDK's first try
            return self.mail_table.get(str(operation_id), _MAIL)
        return None


def _operations(known: Row | None) -> tuple[UUID, ...]:
    """The batch in which the same referral may have gone, by a row of the index."""
    try:
        return (UUID(known.text(_BATCH)),) if known is not None else ()
    except ValueError:
        return ()
