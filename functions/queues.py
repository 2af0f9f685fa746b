"""What the queues carry: small JSON objects of strings that point at rows, never what is in them.

No key is called `id` and no value is a date: the Functions host overwrites metadata with the one and rewrites the
other. An object, because the host would take a list apart.
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
"""What is logged of such a message: the queue's name alone, for it may hold anything."""

_VERSION = "1"


def poison(queue: str) -> str:
    """Where the host puts a message that failed too often."""
    return f"{queue}-poison"


def mail_message(due: DueMail) -> str:
    return json.dumps({"v": _VERSION, "session": due.session_id, "mail": due.mail_id})


def referral_message(reference: str) -> str:
    return json.dumps({"v": _VERSION, "referral": reference})


def read_mail(body: bytes) -> DueMail | None:
    """The mail that a message names, or None where it is no message of ours."""
    fields = _fields(body, "session", "mail")
    return DueMail(fields["session"], fields["mail"]) if fields else None


def read_referral(body: bytes) -> str | None:
    """The reference that a message names, or None where it is no message of ours."""
    fields = _fields(body, "referral")
    return fields["referral"] if fields else None


def _fields(body: bytes, *names: str) -> dict[str, str]:
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
