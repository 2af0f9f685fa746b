"""Addresses from which the email about a booking came back, and domains from which many did within an hour."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.generation import is_same_person
from shared.mail.log_rows import MailLogEntry, MailState
from shared.normalised_address import normalised_address

WITHIN = timedelta(hours=1)
MOST_ALONE = 3
"""More addresses of one domain than this within an hour say something of the domain, or of who typed them."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """An email about a booking that came back at `at` (UTC), and none of which it is known that it arrived."""

    session_id: str
    key: str
    address: str = field(repr=False)
    at: datetime

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True, slots=True)
class MassBounce:
    """Addresses of one domain from which emails came back within an hour of each other, the last at `until` (UTC)."""

    domain: str = field(repr=False)
    addresses: frozenset[str] = field(repr=False)
    since: datetime
    until: datetime

    def goes_on(self, now: datetime) -> bool:
        """True if emails from this domain still come back."""
        return now - self.until < WITHIN


def bounces(session_id: str, roster: Roster, log: Mapping[str, MailLogEntry]) -> list[Bounce]:
    """The bounces of a session, of whoever is on its roster, cancelled or not, at their present address."""
    if not any(entry.state is MailState.BOUNCED for entry in log.values()):
        return []
    mails = _by_attendee(log)
    found = ((each, _came_back_at(each, mails.get(each.key, ()))) for each in roster.attendees)
    return [Bounce(session_id, each.key, normalised_address(each.email), at) for each, at in found if at is not None]


def mass_bounces(found: Iterable[Bounce]) -> list[MassBounce]:
    """The domains of which more than three addresses came back within an hour."""
    firsts: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for each in sorted(found, key=lambda each: each.at):
        firsts[each.domain].setdefault(each.address, each.at)
    return [mass for domain, times in firsts.items() if (mass := _mass(domain, list(times.items()))) is not None]


def _mass(domain: str, times: Sequence[tuple[str, datetime]]) -> MassBounce | None:
    """The addresses of a domain that came back with at least three others within an hour; `times` are in order."""
    runs = [times[start : start + MOST_ALONE + 1] for start in range(len(times) - MOST_ALONE)]
    many = [each for run in runs if run[-1][1] - run[0][1] <= WITHIN for each in run]
    if not many:
        return None
    moments = [at for _, at in many]
    return MassBounce(domain, frozenset(address for address, _ in many), min(moments), max(moments))


def _by_attendee(log: Mapping[str, MailLogEntry]) -> Mapping[str, Sequence[tuple[int, MailLogEntry]]]:
    found: defaultdict[str, list[tuple[int, MailLogEntry]]] = defaultdict(list)
    for mail_text, entry in log.items():
        if (mail_id := MailId.parse(mail_text)) is not None:
            found[mail_id.attendee].append((mail_id.generation, entry))
    return found


def _came_back_at(attendee: Attendee, mails: Iterable[tuple[int, MailLogEntry]]) -> datetime | None:
    """The moment at which the first email of this booking came back; None if none did, or one arrived."""
    mine = [
        entry for generation, entry in mails if is_same_person(attendee, generation) and entry.at >= attendee.booked_at
    ]
    if any(entry.state is MailState.DELIVERED for entry in mine):
        return None
    return min((entry.reported_at or entry.at for entry in mine if entry.state is MailState.BOUNCED), default=None)
