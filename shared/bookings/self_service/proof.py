"""Proving an address by a button behind the link in its emails, with the place that is free for its owner."""

from dataclasses import dataclass, replace
from datetime import datetime

from shared.bookings.model.allocation_policy import AllocationPolicy, Reassigned
from shared.bookings.model.attendee import Attendee, Roster
from shared.bookings.model.email_ids import KIND_BY_STATE, DueMail, MailId
from shared.bookings.model.proving import acted
from shared.bookings.model.same_person import one_place_each
from shared.bookings.model.session import Session
from shared.bookings.tables.repository import BookingRepository
from shared.tables.table import MAX_WRITES


@dataclass(frozen=True, slots=True)
class Proved:
    """The attendee after the button was pressed, and the emails that this made due."""

    attendee: Attendee
    mails: tuple[DueMail, ...]


@dataclass(frozen=True, slots=True)
class Proofs:
    """Notes that the owner of an address has pressed a button, and gives them the first place that is free."""

    rosters: BookingRepository
    policy: AllocationPolicy

    def prove(self, session: Session, roster: Roster, attendee: Attendee, now: datetime) -> Proved:
        """Proves the address of a live booking of this roster.

        `session` has to be read after `roster`, as when a booking is cancelled.

        Raises:
            RowConflictError, StorageUnavailableError: read again, and decide again.
        """
        proved = self.proved(session, roster, attendee, now)
        places = self._places(session, roster, proved, now)
        mine = next((each for each in places.given if each.key == proved.key), None)
        if mine is None:
            self.rosters.update_attendees(session.id, (proved,))
            is_news = attendee.is_unproven and not proved.is_behind_the_list  # that is said by the page after the press
            return Proved(proved, _mails(session, (proved,) if is_news else ()))
        self.rosters.update_places(session.id, roster.guard, (*places.lost, *places.given), now)
        return Proved(mine, _mails(session, places.given))

    def proved(self, session: Session, roster: Roster, attendee: Attendee, now: datetime) -> Attendee:
        """The attendee as one who acted; whose address was yet to be proved is on the waiting list or behind it."""
        done = acted(attendee, now)
        return self.policy.with_turn(session, roster, done, now) if attendee.is_unproven else done

    def _places(self, session: Session, roster: Roster, proved: Attendee, now: datetime) -> Reassigned:
        """The places that are given when someone who waited has proved their address, theirs perhaps among them."""
        waits = proved.is_in_line or proved.is_behind_the_list
        if not waits or not roster.guard:  # without a guard the timer decides who gets the place
            return Reassigned((), ())
        everyone = replace(roster, attendees=one_place_each(roster.attendees)).with_changed(proved)
        if not self.policy.promotes(session, now):
            return self._place_after_the_list(session, everyone, proved, now)
        places = self.policy.reassigned(session, everyone, now)
        fits = len(places.lost) + len(places.given) < MAX_WRITES
        return places if fits else Reassigned((), ())

    def _place_after_the_list(self, session: Session, roster: Roster, proved: Attendee, now: datetime) -> Reassigned:
        """The place that anyone may have once the waiting list has ended."""
        may_have = session.runs and self.policy.may_be_checked(session, now)
        if not may_have or not self.policy.places_for_newcomer(session, roster, now):
            return Reassigned((), ())
        return Reassigned(self.policy.yielded_to_newcomer(session, roster, now), (proved.given_a_place(now),))


def _mails(session: Session, attendees: tuple[Attendee, ...]) -> tuple[DueMail, ...]:
    """The emails that say where these attendees stand now."""
    ids = (MailId.to(each, KIND_BY_STATE[each.state]) for each in attendees)
    return tuple(DueMail(session.id, str(mail_id)) for mail_id in ids)
