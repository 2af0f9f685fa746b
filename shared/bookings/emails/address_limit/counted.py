"""Emails that count against the limit of an address. Pure.

Whoever books may have typed anyone's address, and any number of times. So an address whose owner has never pressed a
button behind a link of ours gets few of the emails that a form alone brings about: that say where a new booking
stands, ask for a proof of the address or for feedback, or answer someone who asked again. What tells of a change, a
cancellation or a place that became free is owed to whoever has booked, and never counts.
"""

from datetime import timedelta

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.email_ids import KIND_BY_STATE, MailKind
from shared.mail.delivery import TAKEN_OVER_AFTER
from shared.normalised_address import normalised_address

MOST_EMAILS = 3
"""Emails that count, to one mailbox within `WITHIN`."""

WITHIN = timedelta(days=1) + TAKEN_OVER_AFTER
"""A day, from the latest moment at which an email may have gone that was counted when it was claimed."""

COUNTED = frozenset({*KIND_BY_STATE.values(), MailKind.PROVE, MailKind.HOLD_LOST, MailKind.ALREADY_BOOKED})
COUNTED |= {MailKind.FEEDBACK}
"""The kinds that a form alone can bring about."""

_WITHOUT_DOTS = frozenset({"gmail.com", "googlemail.com"})  # whose local parts are the same with and without dots


def counts(attendee: Attendee, kind: MailKind) -> bool:
    """True if an email of this kind counts: its address has not acted, and it is no news of a place."""
    has_place = kind in KIND_BY_STATE.values() and not attendee.is_waiting
    is_promotion = has_place and attendee.waiting_since is not None
    return kind in COUNTED and attendee.never_acted and not attendee.moved_from and not is_promotion


def mailbox(address: str) -> str:
    """Returns the mailbox of an address: the same for every +tag, and for every spelling with dots at Gmail."""
    local, _, domain = normalised_address(address).rpartition("@")
    return f"{local.replace('.', '')}@gmail.com" if domain in _WITHOUT_DOTS else f"{local}@{domain}"
