"""Places of people whose email came back and who never used the link in it: nobody may be there.

1. The place is kept as `to-check`, or the turn on the waiting list is passed over, and the organiser is told.
2. One working day later the booking is cancelled, unless an administrator has decided or the link was used.
3. Where more than three addresses of one domain came back within an hour, either the domain's email does not work or
   someone made them up. Then nothing is cancelled before two working days are over, nor while more come back, and the
   organiser is alarmed.

Whoever an administrator typed `confirmed` stays. Addresses that are not the trust's have rules of their own:
`shared.bookings.model.proving`.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from shared.bookings.email_log.bounces import Bounce, MassBounce, bounces, mass_bounces
from shared.bookings.model.attendee import Attendee, Reason
from shared.bookings.model.proving import bounced
from shared.bookings.model.same_person import one_place_each
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.tables.repository import BookingRepository
from shared.failure_isolation import run_isolated
from shared.local_time import WorkingDays
from shared.tables.table import MAX_WRITES, RowConflictError

logger = logging.getLogger(__name__)

KEPT_WORKING_DAYS, KEPT_WORKING_DAYS_OF_MANY = 1, 2


@dataclass(frozen=True, slots=True)
class BouncedAddresses:
    """Applies the rules to the sessions of one run, after each was reconciled for itself: a domain is in many."""

    rosters: BookingRepository
    working_days: WorkingDays

    def settle(
        self, found: Sequence[ReconciledSession], now: datetime
    ) -> tuple[tuple[ReconciledSession, ...], tuple[MassBounce, ...]]:
        """Applies the rules at `now` (UTC).

        Returns the sessions as they are then, and the domains of which many addresses came back.
        """
        by_session = {each.session.id: bounces(each.session.id, each.roster, each.log) for each in found}
        masses = mass_bounces(bounce for each in by_session.values() for bounce in each)
        for mass in masses:
            if mass.goes_on(now):
                logger.error("emails to %d addresses of one domain came back within an hour", len(mass.addresses))
        settled = (self._try_session(each, by_session[each.session.id], masses, now) for each in found)
        return tuple(settled), tuple(masses)

    def _try_session(
        self, reconciled: ReconciledSession, found: Sequence[Bounce], masses: Sequence[MassBounce], now: datetime
    ) -> ReconciledSession:
        if not found or not _may_be_changed(reconciled, now):
            return reconciled
        part = f"bounced emails of session {reconciled.session.id}"
        return run_isolated(logger, part, partial(self._settle, reconciled, found, masses, now)).value or reconciled

    def _settle(
        self, reconciled: ReconciledSession, found: Sequence[Bounce], masses: Sequence[MassBounce], now: datetime
    ) -> ReconciledSession:
        # Read again: the run has changed rows since, and whoever has used their link meanwhile is there.
        roster = self.rosters.roster(reconciled.session.id)
        by_key, by_address = {each.key: each for each in found}, _by_address(masses)
        marked = [each for each in one_place_each(roster.attendees) if each.key in by_key and _is_affected(each)]
        changes = [
            self._after(each, by_key[each.key], by_address.get(by_key[each.key].address), now) for each in marked
        ]
        changed = [after for before, after in zip(marked, changes, strict=True) if after != before][: MAX_WRITES - 1]
        if not changed:
            return reconciled
        try:
            if roster.guard:
                self.rosters.update_places(reconciled.session.id, roster.guard, changed, now)
            else:
                self.rosters.update_attendees(reconciled.session.id, changed)
        except RowConflictError:
            logger.info("bounced emails of session %s left to the next run", reconciled.session.id)
            return reconciled
        return replace(reconciled, roster=reconciled.roster.with_changed(*changed))

    def _after(self, attendee: Attendee, bounce: Bounce, mass: MassBounce | None, now: datetime) -> Attendee:
        """Returns the attendee as the rules have it at `now`; the same one where nothing is due."""
        if not attendee.is_bounced:
            return bounced(attendee, now)
        is_kept = now < self._kept_until(attendee, bounce.at, is_one_of_many=mass is not None)
        if is_kept or (mass and mass.goes_on(now)):
            return attendee
        return replace(attendee.cancelled(Reason.BOUNCED, now), same_person="")

    def _kept_until(self, attendee: Attendee, came_back_at: datetime, *, is_one_of_many: bool) -> datetime:
        """Returns the moment, in UTC, until which the booking of someone whose email came back is kept."""
        until = self.working_days.after(attendee.state_at or came_back_at, KEPT_WORKING_DAYS)
        return max(until, self.working_days.after(came_back_at, KEPT_WORKING_DAYS_OF_MANY)) if is_one_of_many else until


def _may_be_changed(reconciled: ReconciledSession, now: datetime) -> bool:
    on_hold = reconciled.lost or (reconciled.row is not None and reconciled.row.on_hold)
    return reconciled.session.runs and now < reconciled.session.starts and not on_hold


def _by_address(masses: Sequence[MassBounce]) -> Mapping[str, MassBounce]:
    return {address: mass for mass in masses for address in mass.addresses}


def _is_affected(attendee: Attendee) -> bool:
    is_own = attendee.is_written_by_service and not attendee.has_other_address
    return attendee.is_live and attendee.never_acted and not attendee.needs_check and is_own
