"""What a run of the schedule does beside its bookings: telling those who run the sessions, deleting what is old."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.reconcile.reconcile_all import ReconcileResult
from shared.bookings.retention.run import Retention
from shared.bookings.staff_emails.digest_log import DigestLogTable
from shared.bookings.staff_emails.facilitator_briefing import FacilitatorBriefing
from shared.bookings.staff_emails.organiser_digest import OrganiserDigest
from shared.config.settings import Settings
from shared.mail.immediate_sender import ImmediateSender
from shared.mail.renderer import MailRenderer
from shared.tables.table import Table

type StaffNotifier = Callable[[ReconcileResult, datetime], object]


def staff(
    settings: Settings, service: Table, mail: ImmediateSender, renderer: MailRenderer, policy: AllocationPolicy
) -> Mapping[str, StaffNotifier]:
    """Those who look at what a run saw, by a name for the log: as many as have an address in the settings."""
    found: dict[str, StaffNotifier] = {}
    if settings.organiser_email:
        organiser = OrganiserDigest(
            address=settings.organiser_email,
            key=settings.booking_key.get_secret_value(),
            digest_log=DigestLogTable(service),
            mail=mail,
            renderer=renderer,
            policy=policy,
        )
        found["organiser"] = lambda seen, now: organiser.run(seen.rows, seen.reconciled, seen.known, now)
    if settings.facilitator_email:
        names = settings.names_go_to_facilitators
        facilitators = FacilitatorBriefing(
            address=settings.facilitator_email, names=names, mail=mail, renderer=renderer
        )
        found["facilitators"] = lambda seen, now: facilitators.run(seen.reconciled, now)
    return found


def retention(settings: Settings, tables: Callable[[str], Table]) -> Retention:
    """What deletes bookings, and what was mailed about them, when they are no longer needed."""
    return Retention(
        sessions=tables("Sessions"),
        bookings=tables("Bookings"),
        log=tables("MailLog"),
        index=tables("MailIndex"),
        service=tables("Service"),
        kept=timedelta(days=settings.bookings_kept_days),
    )
