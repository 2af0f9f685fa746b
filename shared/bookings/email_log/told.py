"""The emails about one row of a roster since it was booked: they say how the booking stands, whatever the row says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.bookings.model.attendee import Attendee, AttendeeState, Reason
from shared.bookings.model.email_ids import KIND_BY_STATE, MailId, MailKind
from shared.mail.log_rows import MailLogEntry

CANCELLATIONS = {
    MailKind.BOOKING_CANCELLED: Reason.LEFT_BEFORE_SAVE,
    MailKind.HOLD_EXPIRED: Reason.RELEASED_BEFORE_SAVE,
}
"""The emails that tell of a cancellation, and the reason of a row that is set back because of one."""


@dataclass(frozen=True, slots=True)
class Told:
    """`kinds` of email, and when the one about waiting was sent (UTC), both by generation."""

    kinds: Mapping[int, frozenset[MailKind]] = field(default_factory=dict)
    waiting_since: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def latest(self) -> int:
        """The latest generation that any email was about; 0 if there was none."""
        return max(self.kinds, default=0)

    def cancellation(self, generation: int) -> Reason | None:
        """The reason to set a row of this generation back, or None if no email told of a cancellation."""
        told = self.kinds.get(generation, frozenset())
        return next((reason for kind, reason in CANCELLATIONS.items() if kind in told), None)

    def state(self, generation: int) -> AttendeeState | None:
        """The most that was told in a generation; None where that was nothing, or a cancellation."""
        told = self.kinds.get(generation, frozenset())
        known = [state for state, kind in KIND_BY_STATE.items() if kind in told]
        return known[-1] if known and not self.cancellation(generation) else None

    def had_another_address(self, attendee: Attendee) -> bool:
        """True if the generation may have risen for another address since, whose owner must not open what is here."""
        return any(not self.cancellation(generation) for generation in range(attendee.generation, self.latest))


def told_by_key(attendees: Iterable[Attendee], log: Mapping[str, MailLogEntry]) -> dict[str, Told]:
    """The emails to each of the attendees, by row key, from the log of their session."""
    mails = _mails_by_key(log)
    return {each.key: _told_since(each.booked_at, mails.get(each.key, ())) for each in attendees}


def _mails_by_key(log: Mapping[str, MailLogEntry]) -> dict[str, list[tuple[MailId, MailLogEntry]]]:
    found: defaultdict[str, list[tuple[MailId, MailLogEntry]]] = defaultdict(list)
    for mail_text, entry in log.items():
        if (mail_id := MailId.parse(mail_text)) is not None:
            found[mail_id.attendee].append((mail_id, entry))
    return found


def _told_since(booked_at: datetime, mails: Iterable[tuple[MailId, MailLogEntry]]) -> Told:
    """Emails from before the booking are about an earlier row with the same key, which someone deleted."""
    kinds: defaultdict[int, set[MailKind]] = defaultdict(set)
    since: dict[int, datetime] = {}
    for mail_id, entry in mails:
        if entry.at >= booked_at:
            kinds[mail_id.generation].add(mail_id.kind)
            if mail_id.kind is MailKind.WAITING and not mail_id.about:  # not one that an administrator had sent again
                since[mail_id.generation] = entry.at
    return Told({generation: frozenset(found) for generation, found in kinds.items()}, since)
