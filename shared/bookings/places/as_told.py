"""The rows of someone who asks for a place, as the emails to them say they stand.

Someone may have saved the row as it had been before the service changed it, and the timer has not settled it yet
(`shared.bookings.reconcile.stale_saves`). Whoever asks then is answered by what they were told: without a booking they
ask anew, in a generation of which nobody was sent anything.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from shared.bookings.email_log.told import Told, told_by_key
from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.places.applicant import Applicant
from shared.bookings.places.snapshot_cache import Snapshot
from shared.mail.ledger import MailLedger
from shared.mail.log_rows import MailLogEntry


def with_rows_as_told(snapshot: Snapshot, applied: Applicant, ledger: MailLedger, now: datetime) -> Snapshot:
    """The snapshot with the applicant's rows as they were told. Only someone who has a row costs a look.

    Raises:
        StorageError: the email log cannot be read.
    """
    roster = snapshot.roster
    found = (roster.find(applied.key), roster.find_person(applied.key, applied.person))
    rows = {each.key: each for each in (*found, roster.find_submission(applied.submission)) if each is not None}
    if not rows:
        return snapshot
    log = ledger.entries(snapshot.session.id)
    return replace(snapshot, roster=roster.with_changed(*(_as_told(each, log, now) for each in rows.values())))


def _as_told(attendee: Attendee, log: Mapping[str, MailLogEntry], now: datetime) -> Attendee:
    """The attendee, cancelled where the latest email says so and nobody wrote otherwise into the row since."""
    told = told_by_key([attendee], log)[attendee.key]
    latest = max(attendee.generation, told.latest)
    if not attendee.is_live:
        return _in_latest_generation(attendee, told)
    reason = told.cancellation(latest)
    if reason is None or attendee.known_state == AttendeeState.CANCELLED:
        return attendee
    return _in_latest_generation(attendee, told).cancelled(reason, now)


def _in_latest_generation(attendee: Attendee, told: Told) -> Attendee:
    if told.latest <= attendee.generation:
        return attendee
    since = told.latest + 1 if told.had_another_address(attendee) else attendee.address_since
    return replace(attendee, generation=told.latest, address_since=since)
