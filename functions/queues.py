"""Queue names and messages: small JSON objects of strings that point at rows and hold none of their contents.

No key is called `id` and no value is a date: the Functions host overwrites metadata with the one and rewrites the
other. Messages are objects because the host would split a list.
"""

import json
from typing import TypeGuard

from shared.bookings.model.email_ids import DueMail
from shared.tables.table import is_key

EMAILS = "emails"
REFERRALS = "referrals"
BOOKINGS_STORAGE = "BOOKINGS_STORAGE"
REFERRALS_STORAGE = "REFERRALS_STORAGE"

UNRECOGNISED_MESSAGE = "dropped unrecognised message from queue %s"
"""The log line for such a message: the queue's name alone, since the message may hold anything."""

_VERSION = "1"
MAX_MESSAGE_BYTES = 8 * 1024  # two keys of 1 KiB and their names, escaped


def poison(queue: str) -> str:
    """The queue to which the host moves a message that failed too often."""
    return f"{queue}-poison"


def mail_message(due: DueMail) -> str:
    return json.dumps({"v": _VERSION, "session": due.session_id, "mail": due.mail_id})


def referral_message(reference: str) -> str:
    return json.dumps({"v": _VERSION, "referral": reference})


def turn_message(reference: str) -> str:
    """The message of the timer for a referral whose turn it is, ahead of those that have just come."""
    return json.dumps({"v": _VERSION, "referral": reference, "turn": "yes"})


def batch_message(batch: str) -> str:
    """The message of the timer for referrals that go in one email."""
    return json.dumps({"v": _VERSION, "batch": batch})


def read_mail(body: bytes) -> DueMail | None:
    """The email that a message names, or None if the service did not write it."""
    fields = _fields(body, "session", "mail")
    return DueMail(fields["session"], fields["mail"]) if fields else None


def read_referral(body: bytes) -> str | None:
    """The reference that a message names, or None if the service did not write it."""
    fields = _fields(body, "referral")
    return fields["referral"] if fields else None


def is_turn(body: bytes) -> bool:
    """True if the timer has named the referral."""
    return bool(_fields(body, "referral", "turn"))


def read_batch(body: bytes) -> str | None:
    """The batch that a message names, or None if it names none."""
    fields = _fields(body, "batch")
    return fields["batch"] if fields else None


def _fields(body: bytes, *names: str) -> dict[str, str]:
    if len(body) > MAX_MESSAGE_BYTES:
        return {}
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(message, dict) or message.get("v") != _VERSION:
        return {}
    fields = {name: value for name in names if _is_key(value := message.get(name))}
    return fields if len(fields) == len(names) else {}


def _is_key(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and is_key(value)
