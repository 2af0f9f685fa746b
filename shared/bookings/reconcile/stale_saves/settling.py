"""Rows of a roster that were saved as they had been before the service changed them.

The portal saves all cells of a row as it was when someone opened it, whatever happened to it since. The email log knows
better: the service never has a live row in a generation that it has told of a cancellation, nor a row in a generation
before the latest that it has emailed. Such a row contradicts the log, and is settled by these rules:

1. Live, and told of a cancellation: where there is a place free, it is a new booking with a new confirmation (the next
   generation). Without one it is set back to cancelled, and so is someone who had left the waiting list.
2. In an earlier generation: it gets the latest one, as the links in the latest emails have it. Where the generation had
   risen without a cancellation, as when an address was corrected, it gets the next one, for the address in the row.
3. More than the latest generation was told, as when someone was set to waiting by hand in between: they have what they
   were told, but a place that is free they keep, and are told so.
4. Less than the latest generation was told, such as `waiting` after a confirmation or `cancelled` after booking again:
   where there is a place free it is given back, which is no news to the person. Without one they are told.

While places are on hold nobody can say if one is free, so that such rows are left as they are until it is over.

A state that an administrator wrote is not stale: the row's `KnownState` is then another than its `State`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from shared.bookings.email_log.told import Told, told_by_key
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import Attendee, AttendeeState, Reason, Roster
from shared.bookings.model.generation import address_since
from shared.bookings.model.session import Session
from shared.bookings.reconcile.stale_saves.contradictions import contradicting, is_less, is_more, rose_by_itself
from shared.mail.log_rows import MailLogEntry


@dataclass(frozen=True, slots=True)
class StaleSaves:
    """The rules above for one session at `now` (UTC)."""

    session: Session
    policy: AllocationPolicy
    now: datetime

    def undone(self, roster: Roster, log: Mapping[str, MailLogEntry]) -> Roster:
        """The roster without contradictions to the email log; the same one where there are none, or on hold."""
        told = told_by_key(roster.attendees, log)
        keys = contradicting(roster, told)
        if not keys or self.policy.on_hold:
            return roster
        suspects = [each for each in roster.attendees if each.key in keys]
        settled = Roster(tuple(each for each in roster.attendees if each.key not in keys), roster.guard)
        for each in sorted(suspects, key=lambda each: (each.booked_at, each.key)):
            settled = settled.with_changed(self._settled(each, told[each.key], settled))
        by_key = {each.key: each for each in settled.attendees}
        return Roster(tuple(by_key[each.key] for each in roster.attendees), roster.guard)

    def left(self, roster: Roster, log: Mapping[str, MailLogEntry]) -> frozenset[str]:
        """Row keys of contradictions that are left as they are, because places are on hold."""
        return contradicting(roster, told_by_key(roster.attendees, log)) if self.policy.on_hold else frozenset()

    def _settled(self, attendee: Attendee, told: Told, others: Roster) -> Attendee:
        latest = max(attendee.generation, told.latest)
        reason = told.cancellation(latest)
        if attendee.state is AttendeeState.CANCELLED:
            return self._cancelled_too_early(attendee, told, latest, others)
        if reason is not None and attendee.known_state != AttendeeState.CANCELLED:
            return self._brought_back(attendee, told, latest, others)
        if is_more(attendee, told, latest):
            return self._as_told(replace(attendee, generation=latest), told, others)
        if rose_by_itself(attendee, told):
            attendee, latest = replace(attendee, address_since=latest + 1), latest + 1
        return self._given_back(replace(attendee, generation=latest), told.state(latest), others)

    def _brought_back(self, attendee: Attendee, told: Told, latest: int, others: Roster) -> Attendee:
        known = replace(attendee, known_state=str(attendee.state), known_email=attendee.email, generation=latest)
        known = replace(known, address_since=address_since(attendee, attendee.email, latest))
        if attendee.known_state and not self._may_have_a_place(attendee, others):
            return known.cancelled(told.cancellation(latest) or Reason.LEFT_BEFORE_SAVE, self.now)
        # Without a known state it was typed in anew, under the same key, and is counted as any typed row is.
        since = address_since(attendee, attendee.email, latest + 1)
        if told.had_another_address(attendee):
            since = latest + 1
        return replace(
            known,
            generation=latest + 1,
            address_since=since,
            state_at=self.now,
            reason="",
            pending_release=None,
            moving=None,
            moved_to="",
        )

    def _cancelled_too_early(self, attendee: Attendee, told: Told, latest: int, others: Roster) -> Attendee:
        reason, state = told.cancellation(latest), told.state(latest)
        found = replace(attendee, generation=latest)
        if attendee.known_state != AttendeeState.CANCELLED:
            return found  # an administrator wrote it
        if reason is not None or state is None:
            return replace(found, reason=str(reason or attendee.reason))
        restored = self._given_back(found, state, others)
        return restored if restored.is_live else found.cancelled(Reason.BY_ORGANISER, self.now)

    def _as_told(self, attendee: Attendee, told: Told, others: Roster) -> Attendee:
        """The attendee with the less that they were told since, unless there is a place for them."""
        state = told.state(attendee.generation)
        if state is None or (state is AttendeeState.WAITING and self._may_have_a_place(attendee, others)):
            return attendee
        since = told.waiting_since.get(attendee.generation) if state is AttendeeState.WAITING else None
        return replace(attendee, state=state, known_state=str(state), waiting_since=since or attendee.waiting_since)

    def _given_back(self, attendee: Attendee, state: AttendeeState | None, others: Roster) -> Attendee:
        """The attendee with the state that they were told, where they may still have it and nobody wrote another."""
        if state is None or not is_less(attendee, state) or attendee.known_state != attendee.state:
            return attendee
        given = replace(attendee, state=state, known_state=str(state), reason="")
        return given if given.is_waiting or self._may_keep_a_place(given, others) else attendee

    def _may_have_a_place(self, attendee: Attendee, others: Roster) -> bool:
        """True if there is a place for the attendee as for anyone new: not past those who wait."""
        takes = attendee.holds_a_place and self._can_be_held(attendee)
        return takes and self.policy.has_place_for_newcomer(self.session, others, self.now)

    def _may_keep_a_place(self, attendee: Attendee, others: Roster) -> bool:
        """True if the place that the attendee was promised is still free, whoever waits."""
        return self._can_be_held(attendee) and self.policy.free_places(self.session, others) > 0

    def _can_be_held(self, attendee: Attendee) -> bool:
        checked = attendee.state is not AttendeeState.TO_CHECK or not attendee.needs_check
        in_time = checked or self.policy.may_be_checked(self.session, self.now)
        return in_time and self.session.runs and self.now < self.session.starts
