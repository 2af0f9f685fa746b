"""What a run of the schedule does beside its bookings: telling those who run the sessions, deleting what is old."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from shared.bookings.model.allocation_policy import Policy
from shared.bookings.reconcile.reconcile_all import Round
from shared.bookings.retention.run import Retention
from shared.bookings.staff_emails.digest_log import ToldRows
from shared.bookings.staff_emails.facilitator_briefing import Facilitators
from shared.bookings.staff_emails.organiser_digest import Organiser
from shared.config.settings import Settings
from shared.mail.immediate_sender import DirectMail
from shared.mail.renderer import Letters
from shared.tables.table import Table

type Teller = Callable[[Round, datetime], object]


def staff(
    settings: Settings, service: Table, mail: DirectMail, letters: Letters, policy: Policy
) -> Mapping[str, Teller]:
    """Those who look at what a run saw, by a name for the log: as many as have an address in the settings."""
    found: dict[str, Teller] = {}
    if settings.organiser_email:
        organiser = Organiser(
            address=settings.organiser_email,
            key=settings.booking_key.get_secret_value(),
            told=ToldRows(service),
            mail=mail,
            letters=letters,
            policy=policy,
        )
        found["organiser"] = lambda seen, now: organiser.run(seen.rows, seen.looked, seen.known, now)
    if settings.facilitator_email:
        names = settings.names_go_to_facilitators
        facilitators = Facilitators(address=settings.facilitator_email, names=names, mail=mail, letters=letters)
        found["facilitators"] = lambda seen, now: facilitators.run(seen.looked, now)
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
