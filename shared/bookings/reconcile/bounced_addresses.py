"""Places of people whose email came back and who never used the link in it: nobody may be there.

1. The place is kept as `to-check`, or the turn on the waiting list is passed over, and the organiser is told.
2. One working day later the booking is cancelled, unless an administrator has decided or the link was used.
3. Where more than three addresses of one domain came back within an hour, either the domain's email did not work or
   someone made them up. The organiser is alarmed, and nothing is cancelled before two working days are over. Shortly
   before, each of them is as it was and gets the email once more: whoever is there has the place again, and where that
   comes back as well the booking is cancelled. What others make come back meanwhile prolongs nothing.
4. Where an email about any other booking arrived at the address, or someone acted by the link in one, the owner is
   there: what came back is sent once more, and the booking stays.

Whoever an administrator typed `confirmed` stays. Addresses that are not the trust's have rules of their own:
`shared.bookings.model.proving`. An email that `failed` in another way says nothing of the address, and changes nothing.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from shared.bookings.email_log.bounces import Bounce, MassBounce, bounces, known_addresses, mass_bounces
from shared.bookings.model.attendee import Attendee, Reason
from shared.bookings.model.proving import bounced, tried_again
from shared.bookings.model.same_person import one_place_each
from shared.bookings.reconcile.session_reconciler import ReconciledSession
from shared.bookings.tables.repository import BookingRepository
from shared.failure_isolation import run_isolated
from shared.local_time import WorkingDays
from shared.normalised_address import normalised_address
from shared.tables.table import MAX_WRITES, RowConflictError

logger = logging.getLogger(__name__)

KEPT_WORKING_DAYS, KEPT_WORKING_DAYS_OF_MANY = 1, 2

TRIED_AGAIN_BEFORE = timedelta(hours=12)
"""The time before the end of two working days at which what came back from many addresses is sent once more.

Then it is more than a day since the first email came back, for which time the email service may suppress an address.
"""


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings of one run: the domains of which many came back, by address, and the `known` addresses."""

    masses: Mapping[str, MassBounce]
    known: frozenset[str]


@dataclass(frozen=True, slots=True)
class BouncedAddresses:
    """Applies the rules to the sessions of one run, after each was reconciled for itself: a domain is in many.

    `domains`: those of the trust; a subdomain counts as the domain that it belongs to.
    """

    rosters: BookingRepository
    working_days: WorkingDays
    domains: Sequence[str] = ()

    def settle(
        self, found: Sequence[ReconciledSession], now: datetime
    ) -> tuple[tuple[ReconciledSession, ...], tuple[MassBounce, ...]]:
        """Applies the rules at `now` (UTC).

        Returns the sessions as they are then, and the domains of which many addresses came back.
        """
        by_session = {each.session.id: bounces(each.roster, each.log) for each in found}
        if not any(by_session.values()) and not any(map(_has_marked, found)):
            return tuple(found), ()
        known = frozenset[str]().union(*(known_addresses(each.roster, each.log) for each in found))
        unknown = (each for some in by_session.values() for each in some if each.address not in known)
        masses = mass_bounces(unknown, self.domains)
        for mass in masses:
            if mass.goes_on(now):
                logger.error("emails to %d addresses of one domain came back within an hour", len(mass.addresses))
        findings = Findings({address: mass for mass in masses for address in mass.addresses}, known)
        settled = (self._try_session(each, by_session[each.session.id], findings, now) for each in found)
        return tuple(settled), tuple(masses)

    def _try_session(
        self, reconciled: ReconciledSession, found: Sequence[Bounce], findings: Findings, now: datetime
    ) -> ReconciledSession:
        if not (found or _has_marked(reconciled)) or not _may_be_changed(reconciled, now):
            return reconciled
        part = f"bounced emails of session {reconciled.session.id}"
        return run_isolated(logger, part, partial(self._settle, reconciled, found, findings, now)).value or reconciled

    def _settle(
        self, reconciled: ReconciledSession, found: Sequence[Bounce], findings: Findings, now: datetime
    ) -> ReconciledSession:
        # Read again: the run has changed rows since, and whoever has used their link meanwhile is there.
        roster = self.rosters.roster(reconciled.session.id)
        by_key = {each.key: each for each in found}
        affected = [each for each in one_place_each(roster.attendees) if _is_affected(each)]
        changes = [(each, self._after(each, by_key.get(each.key), findings, now)) for each in affected]
        changed = [after for before, after in changes if after != before][: MAX_WRITES - 1]
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

    def _after(self, attendee: Attendee, bounce: Bounce | None, findings: Findings, now: datetime) -> Attendee:
        """The attendee as the rules have it at `now`; the same one where nothing is due."""
        if normalised_address(attendee.email) in findings.known:
            return tried_again(attendee, now) if attendee.is_bounced else attendee
        if bounce is None:
            return attendee
        if not attendee.is_bounced:
            return bounced(attendee, now) if attendee.generation in bounce.generations else attendee
        is_one_of_many = bounce.address in findings.masses
        until, is_final = kept_until(attendee, bounce, self.working_days, is_one_of_many=is_one_of_many)
        if not is_final:
            return tried_again(attendee, now) if now >= until - TRIED_AGAIN_BEFORE else attendee
        return attendee if now < until else replace(attendee.cancelled(Reason.BOUNCED, now), same_person="")


def _has_marked(reconciled: ReconciledSession) -> bool:
    return any(each.is_bounced for each in reconciled.roster.attendees)


def _may_be_changed(reconciled: ReconciledSession, now: datetime) -> bool:
    on_hold = reconciled.lost or (reconciled.row is not None and reconciled.row.on_hold)
    return reconciled.session.runs and now < reconciled.session.starts and not on_hold


def _is_affected(attendee: Attendee) -> bool:
    is_own = attendee.is_written_by_service and not attendee.has_other_address
    return attendee.is_live and attendee.never_acted and not attendee.needs_check and is_own


def kept_until(
    attendee: Attendee, bounce: Bounce, working_days: WorkingDays, *, is_one_of_many: bool
) -> tuple[datetime, bool]:
    """The moment, in UTC, until which the booking of someone whose email came back is kept, and if it then ends.

    If it does not, the email is to be sent once more before.
    """
    of_many = working_days.after(bounce.at, KEPT_WORKING_DAYS_OF_MANY)
    if len(bounce.generations) > 1:  # it came back again
        return of_many, True
    alone = working_days.after(attendee.state_at or bounce.at, KEPT_WORKING_DAYS)
    return (max(alone, of_many), False) if is_one_of_many else (alone, True)
