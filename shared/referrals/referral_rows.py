"""Rows of the referral tables: cells to a referral, its sealed answers or an index entry, and back."""

import re
import secrets
from dataclasses import dataclass
from typing import Any

from shared import base64url
from shared.referrals.days import is_day
from shared.referrals.model import NEVER, SEALED, WORD_BACK_BYTES, Referral, ReferralState
from shared.referrals.sealed_answers import PROVIDER_VERSION, Sealed
from shared.tables.table import Row, moment_text

PARTITION = "referrals"

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MIDNIGHTS = {"", "00:00", "00:00:00", "00:00:00Z", "00:00:00+00:00", "00:00:00.000Z"}

LISTED = ("PartitionKey", "RowKey", "ReceivedOn", "ConsentVersion", "SubmissionHash", "OwnWords", "CopyOf", "Version")
"""The cells of a sealed row that say which referral it is, or of which it is a copy, and who can open it."""


@dataclass(frozen=True, slots=True)
class MailIndexEntry:
    """Subject of an email: a referral, under one of its epochs. `notice` is the log's partition of a notice, or "".

    An email about several referrals has its row in that partition under `mail_id`, and the row names them.
    """

    reference: str
    epoch: int
    notice: str = ""
    mail_id: str = ""


def key_cells(reference: str) -> dict[str, Any]:
    return {"PartitionKey": PARTITION, "RowKey": reference}


def status_cells(referral: Referral) -> dict[str, Any]:
    """Every column from the start: the portal's dialog offers only those that a row has."""
    first = {"State": str(ReferralState.RECEIVED), "Attempts": 0, "NotBefore": "", "Hold": "no"}
    first |= {"Slow": "yes" if referral.slow else "no", "Marker": referral.marker}
    # Characters that mean nothing, as many as of something that the provider said.
    first |= {"WordBack": base64url.encode(secrets.token_bytes(WORD_BACK_BYTES))}
    return key_cells(referral.reference) | _identity_cells(referral) | progress_cells(referral) | first


def progress_cells(referral: Referral) -> dict[str, Any]:
    """Everything known of its way, except its state and the claim on it."""
    return {
        "DueOn": referral.due_on,
        "SentOn": referral.sent_on,
        "DeliveredOn": referral.delivered_on,
        "OpenedOn": referral.opened_on,
        "OpenedBeforeOn": referral.opened_before,
        "CameBackOn": referral.came_back_on,
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
        "Kept": referral.kept,
        "Delivery": referral.delivery,
        "DeletionOn": referral.deletion_on,
        "DeletionToldOn": referral.deletion_told_on,
        "Batch": referral.batch,
        "UnclearOn": referral.unclear_on,
        "WithdrawnOn": referral.withdrawn_on,
        "WithdrawnToldOn": referral.told_on,
    }


def sealed_cells(referral: Referral, sealed: Sealed) -> dict[str, Any]:
    content = {
        "Version": sealed.version,
        "KeyId": sealed.key_id,
        "WrappedKey": sealed.wrapped_key,
        "Nonce": sealed.nonce,
        "Sealed": sealed.ciphertext,
    }
    copied = {"CopyOf": referral.copy_of} if referral.copy_of else {}
    content |= {"Acknowledgement": sealed.acknowledgement} if sealed.version == PROVIDER_VERSION else {}
    return key_cells(referral.reference) | _identity_cells(referral) | content | mac_cells(sealed) | copied


def mac_cells(sealed: Sealed) -> dict[str, Any]:
    return {"MacKey": sealed.mac_key, "Mac": sealed.mac}


def read_referral(row: Row) -> Referral:
    """The referral of a status or a sealed row, whatever an editor made of its cells."""
    held_until = _typed_day(row.text("Hold"))
    state = _state(row.text("State", ReferralState.RECEIVED))
    # A withdrawal stands above every word that is typed into State, and the word alone is none.
    is_withdrawn = bool(row.text("WithdrawnOn"))
    return Referral(
        reference=row.key,
        state=ReferralState.WITHDRAWN if is_withdrawn else _unless_withdrawn(state),
        received_on=row.text("ReceivedOn"),
        consent_version=row.text("ConsentVersion"),
        submission=row.text("SubmissionHash"),
        due_on=row.text("DueOn"),
        sent_on=row.text("SentOn"),
        delivered_on=row.text("DeliveredOn"),
        opened_on=row.text("OpenedOn"),
        opened_before=row.text("OpenedBeforeOn"),
        came_back_on=row.text("CameBackOn"),
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
        kept=row.integer("Kept") or 0,
        # A sealed row has no such cell; what only the provider's keys open can go in no other way.
        delivery=SEALED if row.text("Version") == PROVIDER_VERSION else row.text("Delivery"),
        # Any word typed there that is no day is an objection.
        held=row.boolean("Hold", default=bool(row.text("Hold")) and not held_until),
        held_until=held_until,
        deletion_on=row.text("DeletionOn"),
        deletion_told_on=row.text("DeletionToldOn"),
        copy_of=row.text("CopyOf"),
        batch=row.text("Batch"),
        unclear_on=row.text("UnclearOn"),
        slow=row.boolean("Slow", default=False),
        marker=row.text("Marker"),
        own_words=row.text("OwnWords"),
        withdrawn_on=row.text("WithdrawnOn"),
        told_on=row.text("WithdrawnToldOn"),
        typed_over=is_withdrawn and state is not ReferralState.WITHDRAWN,
        word_back=row.text("WordBack"),
        etag=row.etag,
    )


def read_sealed(row: Row) -> Sealed:
    return Sealed(
        version=row.text("Version"),
        key_id=row.text("KeyId"),
        wrapped_key=_bytes(row, "WrappedKey"),
        nonce=_bytes(row, "Nonce"),
        ciphertext=_bytes(row, "Sealed"),
        mac_key=row.text("MacKey"),
        mac=_bytes(row, "Mac"),
        acknowledgement=_bytes(row, "Acknowledgement"),
    )


def read_index_entry(row: Row) -> MailIndexEntry:
    notice = row.text("Session")
    if not notice:
        return MailIndexEntry(row.text("Referral"), row.integer("Epoch") or 0)
    reference, _, rest = row.text("Mail").partition("-")
    epoch = rest.partition("-")[0]
    return MailIndexEntry(reference, int(epoch) if epoch.isdecimal() else 0, notice, row.text("Mail"))


def _identity_cells(referral: Referral) -> dict[str, Any]:
    return {
        # The day only: a time of day beside a ward's rota would tell who it was.
        "ReceivedOn": referral.received_on,
        "ConsentVersion": referral.consent_version,
        "SubmissionHash": referral.submission,
        "OwnWords": referral.own_words,
    }


def _bytes(row: Row, name: str) -> bytes:
    value = row.cells.get(name)
    return value if isinstance(value, bytes) else b""


def _typed_day(text: str) -> str:
    """A day as it is typed, 2024-03-01, or with the midnight that editors add to it; "" for anything else."""
    day, _, clock = text.replace("T", " ", 1).partition(" ")
    return day if _DAY.fullmatch(day) and is_day(day) and clock in _MIDNIGHTS else ""


def _state(text: str) -> ReferralState:
    # Any other word was typed by someone: a person must look, and nothing may be dropped meanwhile.
    word = text.casefold()
    return ReferralState(word) if word in ReferralState else ReferralState.ATTENTION


def _unless_withdrawn(state: ReferralState) -> ReferralState:
    return ReferralState.ATTENTION if state is ReferralState.WITHDRAWN else state
