"""Addresses from which the email about a booking came back, and domains from which many did within an hour.

An address is known once an email about any booking of the run arrived there, or someone acted by the link in one, or an
administrator vouched for it. What comes back from a known address says nothing about who made the booking.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.bookings.model.attendee import Attendee, Roster, can_be_mailed
from shared.bookings.model.email_ids import MailId
from shared.bookings.model.generation import is_same_person
from shared.mail.log_rows import MailLogEntry, MailState
from shared.normalised_address import normalised_address

WITHIN = timedelta(hours=1)
MOST_ALONE = 3
"""More addresses of one domain than this within an hour say something of the domain, or of who typed them."""

APART = timedelta(days=1)
"""After so long without many others, more that come back are another matter, of which the organiser is told anew."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """Emails about a booking that came back, the first at `at` (UTC), and none of which it is known that it arrived.

    `generations` are those of the booking that the emails were about: an email that is sent again is about the next.
    """

    key: str
    address: str = field(repr=False)
    at: datetime
    generations: frozenset[int]


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


def bounces(roster: Roster, log: Mapping[str, MailLogEntry]) -> list[Bounce]:
    """The bounces of a session, of whoever is on its roster, cancelled or not, at their present address."""
    if not any(entry.state is MailState.BOUNCED for entry in log.values()):
        return []
    mails = _by_attendee(log)
    found = (_bounce(each, mails.get(each.key, ())) for each in roster.attendees)
    return [each for each in found if each is not None]


def known_addresses(roster: Roster, log: Mapping[str, MailLogEntry]) -> frozenset[str]:
    """The addresses on the roster of which someone acted or for which someone vouched, or where an email arrived."""
    arrived = _by_attendee({name: entry for name, entry in log.items() if entry.state is MailState.DELIVERED})
    known = (each for each in roster.attendees if not each.never_acted or _of_booking(each, arrived.get(each.key, ())))
    return frozenset(normalised_address(each.email) for each in known if can_be_mailed(each.email))


def mass_bounces(found: Iterable[Bounce], domains: Sequence[str] = ()) -> list[MassBounce]:
    """The domains of which more than three addresses came back within an hour.

    A subdomain counts as the one of `domains` that it belongs to: anyone can make up as many as they like.
    """
    firsts: defaultdict[str, dict[str, datetime]] = defaultdict(dict)
    for each in sorted(found, key=lambda each: each.at):
        firsts[_domain(each.address, domains)].setdefault(each.address, each.at)
    return [mass for domain, times in firsts.items() for mass in _masses(domain, list(times.items()))]


def _domain(address: str, domains: Sequence[str]) -> str:
    domain = address.rpartition("@")[2]
    return next((each for each in domains if domain.endswith(f".{each}")), domain)


def _masses(domain: str, times: Sequence[tuple[str, datetime]]) -> list[MassBounce]:
    """The addresses of a domain that came back with at least three others within an hour; `times` are in order."""
    runs = [times[start : start + MOST_ALONE + 1] for start in range(len(times) - MOST_ALONE)]
    many = dict(each for run in runs if run[-1][1] - run[0][1] <= WITHIN for each in run)
    parts: list[dict[str, datetime]] = []
    for address, at in many.items():
        if not parts or at - max(parts[-1].values()) > APART:
            parts.append({})
        parts[-1][address] = at
    return [MassBounce(domain, frozenset(part), min(part.values()), max(part.values())) for part in parts]


def _by_attendee(log: Mapping[str, MailLogEntry]) -> Mapping[str, Sequence[tuple[int, MailLogEntry]]]:
    found: defaultdict[str, list[tuple[int, MailLogEntry]]] = defaultdict(list)
    for mail_text, entry in log.items():
        if (mail_id := MailId.parse(mail_text)) is not None:
            found[mail_id.attendee].append((mail_id.generation, entry))
    return found


def _bounce(attendee: Attendee, mails: Iterable[tuple[int, MailLogEntry]]) -> Bounce | None:
    """The emails of this booking that came back; None if none did, or one arrived."""
    mine = _of_booking(attendee, mails)
    if any(entry.state is MailState.DELIVERED for _, entry in mine):
        return None
    back = {generation: entry for generation, entry in mine if entry.state is MailState.BOUNCED}
    if not back:
        return None
    first = min(entry.reported_at or entry.at for _, entry in mine if entry.state is MailState.BOUNCED)
    return Bounce(attendee.key, normalised_address(attendee.email), first, frozenset(back))


def _of_booking(attendee: Attendee, mails: Iterable[tuple[int, MailLogEntry]]) -> list[tuple[int, MailLogEntry]]:
    """The emails about this booking that went to its present address."""
    return [
        (generation, entry)
        for generation, entry in mails
        if is_same_person(attendee, generation) and entry.at >= attendee.booked_at
    ]
