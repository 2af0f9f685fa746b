"""Referrals in Table Storage: a status that administrators may read, and sealed answers that nobody there can."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from shared.mail.delivery import LEASE, Claim
from shared.referrals.model import Referral, ReferralState
from shared.referrals.sealing import Sealed
from shared.rows import Row, RowConflictError, StorageUnavailableError, Table, moment_text

_PARTITION = "referrals"
_LISTED = ("PartitionKey", "RowKey", "ReceivedOn", "ConsentVersion", "SubmissionHash")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReferralRepository:
    """The tables `Referrals` and `SealedReferrals`, in an account of their own."""

    status_table: Table
    sealed_table: Table

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
        cells = {"State": str(ReferralState.SENDING), "Attempts": attempts, "ClaimedBy": claimant}
        cells |= {"NotBefore": moment_text(now + LEASE)}
        try:
            etag = self.status_table.merge(_keys(referral.reference) | cells, referral.etag)
        except (RowConflictError, StorageUnavailableError):
            found = self.status_table.get(_PARTITION, referral.reference)
            if found is None or found.text("ClaimedBy") != claimant:
                return None
            etag = found.etag
        return Claim(operation_id, attempts=attempts, taken_over=referral.attempts > 0, etag=etag)

    def mark(self, reference: str, etag: str, **cells: str) -> None:
        """Writes down how far a claimed referral came. Nothing happens where somebody took the claim over since."""
        try:
            self.status_table.merge(_keys(reference) | cells, etag)
        except RowConflictError:
            return


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
    stage = {"State": str(ReferralState.RECEIVED), "Attempts": 0, "NotBefore": "", "LastError": ""}
    return _keys(referral.reference) | _about(referral) | stage


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
        attempts=row.whole("Attempts") or 0,
        not_before=row.moment("NotBefore") or _LONG_AGO,
        etag=row.etag,
    )


def _state(text: str) -> ReferralState:
    # A word that is none of ours was typed by somebody: a person must look, and nothing may be dropped meanwhile.
    return ReferralState(text) if text in ReferralState else ReferralState.ATTENTION
