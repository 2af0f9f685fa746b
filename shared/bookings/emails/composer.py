"""Emails to attendees: the template of each, and the facts as they are at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.bookings.emails.attendee_knowledge import version_known
from shared.bookings.emails.lost_place import was_told_of_a_place
from shared.bookings.emails.manage_links import ManageLinks
from shared.bookings.emails.reminders import upcoming_reminders
from shared.bookings.emails.web_calendars import web_calendar_links
from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.announcement_rules import details_for
from shared.bookings.model.attendee import Attendee, AttendeeState
from shared.bookings.model.email_ids import DueMail, MailId, MailKind
from shared.bookings.model.proving import held_until, kept_until, yields_from
from shared.bookings.model.session import Change, Session, changes
from shared.bookings.tables.repository import BookingRepository
from shared.content.language.dates import Dates
from shared.mail.ledger import MailLedger
from shared.mail.message import EmailMessage
from shared.mail.renderer import MailRenderer


@dataclass(frozen=True, slots=True)
class BookingEmail:
    """One email to one attendee, about their booking of one session."""

    session: Session
    attendee: Attendee
    mail_id: MailId

    @property
    def due(self) -> DueMail:
        return DueMail(self.session.id, str(self.mail_id))

    @property
    def operation_id(self) -> UUID:
        return self.mail_id.operation_id(self.session.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingMailComposer:
    """Writes the emails to attendees."""

    rosters: BookingRepository
    log: MailLedger
    renderer: MailRenderer = field(repr=False)
    links: ManageLinks
    policy: AllocationPolicy = field(default_factory=AllocationPolicy)

    def compose(self, session: Session, attendee: Attendee, mail_id: MailId, now: datetime) -> EmailMessage:
        """The email with this id, as true as it can be at `now` (UTC)."""
        facts = self._every_fact(BookingEmail(session, attendee, mail_id), now)
        return self._render(str(mail_id.kind), attendee.email, session.programme, **facts)

    def compose_together(self, emails: Sequence[BookingEmail], now: datetime) -> EmailMessage:
        """One email to the address of the first that says what all of these say, in the order of the sessions."""
        answered = {(each.session.id, each.attendee.key) for each in emails if not _only_repeats(each)}
        told = (e for e in emails if not (_only_repeats(e) and (e.session.id, e.attendee.key) in answered))
        ordered = sorted(told, key=lambda each: (each.session.starts, each.session.id, str(each.mail_id)))
        bookings = [self._every_fact(each, now) | {"kind": str(each.mail_id.kind)} for each in ordered]
        programmes = {each.session.programme for each in ordered}
        of_all = programmes.pop() if len(programmes) == 1 else ""
        return self._render("combined", emails[0].attendee.email, of_all, bookings=bookings)

    @property
    def _dates(self) -> Dates:
        return self.renderer.content.dates

    def _render(self, template: str, address: str, programme: str, **facts: Any) -> EmailMessage:
        """Renders an email to an attendee, which names the team that they can ask; answers go to that team as well."""
        content = self.renderer.content.of_programme(programme)
        privacy_url = f"{self.links.site_url}/privacy"
        message = self.renderer.render(template, to=address, content=content, privacy_url=privacy_url, **facts)
        return replace(message, reply_to=content.groups.contact.email)

    def _every_fact(self, email: BookingEmail, now: datetime) -> dict[str, Any]:
        session, attendee = email.session, email.attendee
        facts = self._facts(session, attendee, now) | self._facts_of_kind(session, attendee, email.mail_id.kind)
        return facts | (self._facts_of_proof(session, attendee) if attendee.is_unproven else {})

    def _facts(self, session: Session, attendee: Attendee, now: datetime) -> dict[str, Any]:
        content = self.renderer.content.of_programme(session.programme)
        groups, on_the_web = content.groups, web_calendar_links(session, content.mails)
        confirmed = attendee.state is AttendeeState.CONFIRMED
        return {
            "of_session": content,
            "reference": attendee.reference,
            "starts": self._dates.moment(session.starts),
            "when": self._dates.span(session.starts, session.ends),
            "title": session.title or groups.session_title,
            "theme": session.theme or groups.open_theme,
            "place": session.place or groups.place,
            "also_online": session.is_also_online,
            "is_online": session.is_online,
            # Only for people who have a place that nobody has to check any more.
            "join_url": session.join_url if confirmed else "",
            "awaits_link": confirmed and session.awaits_link,
            "note": session.note if confirmed else "",
            "feedback_url": session.feedback_url,
            "confirmed": confirmed,
            "sessions_url": f"{self.links.site_url}/sessions",
            "manage_url": self.links.url(session.id, attendee),
            # Who waits has no place to put into a calendar.
            "calendar_url": "" if attendee.is_waiting else self.links.calendar_url(session.id, attendee),
            "outlook_url": on_the_web.outlook,
            "google_url": on_the_web.google,
            "reminders_held": session.holds_emails,  # whether they will come is not known
            "reminders": [self._dates.moment(at) for at in upcoming_reminders(session, attendee, now)],
        }

    def _facts_of_kind(self, session: Session, attendee: Attendee, kind: MailKind) -> dict[str, Any]:
        match kind:
            case MailKind.CONFIRMATION:
                return {
                    "waited": attendee.waiting_since is not None,
                    "moved": bool(attendee.moved_from),
                    "left_calendar_url": self._calendar_url_moved_from(attendee),
                }
            case MailKind.CHECKING:
                return {"deadline": self._dates.moment(self.policy.check_deadline(session, attendee))}
            case MailKind.WAITING:
                position = self.rosters.roster(session.id).position(attendee.key)
                return {
                    "position": position,
                    "cutoff": self._dates.moment(self.policy.cutoff_of(session)),
                    "left_calendar_url": self._calendar_url_of_lost_place(session, attendee),
                }
            case MailKind.UPDATED:
                return {"changes": self._changes(session, attendee), "ends": self._dates.time(session.ends)}
            case MailKind.ALREADY_BOOKED:
                return {
                    "state": "list-full" if attendee.is_behind_the_list else str(attendee.state),
                    "other_name": attendee.asked_by_other_name,
                    "unproven": attendee.is_unproven,
                }
            case _:
                return {}

    def _calendar_url_moved_from(self, attendee: Attendee) -> str:
        """The file that takes out the session that they moved away from; empty if they did not move."""
        if not attendee.moved_from:
            return ""
        left = self.rosters.roster(attendee.moved_from).find_mailbox(attendee.email)
        return self.links.calendar_url(attendee.moved_from, left) if left else ""

    def _calendar_url_of_lost_place(self, session: Session, attendee: Attendee) -> str:
        """The file that takes out a place that they were told of and no longer have; empty if they never had one."""
        if attendee.generation == attendee.address_since:
            return ""
        had_place = was_told_of_a_place(attendee, self.log.entries(session.id))
        return self.links.calendar_url(session.id, attendee) if had_place else ""

    def _changes(self, session: Session, attendee: Attendee) -> list[Change]:
        known = session.told(version_known(attendee, self.log.entries(session.id)))
        if known is None:
            return []
        return changes(details_for(attendee, known), details_for(attendee, session.details))

    def _facts_of_proof(self, session: Session, attendee: Attendee) -> dict[str, Any]:
        """The moments of which someone is told who has yet to prove their address, in words."""
        until, yields = held_until(session, attendee), yields_from(attendee)
        return {
            "held": attendee.holds_a_place,
            "held_until": self._dates.moment(until),
            "yields_from": self._dates.moment(yields) if yields < until else "",
            "kept_until": self._dates.moment(kept_until(session, attendee)),
        }


def _only_repeats(email: BookingEmail) -> bool:
    """True if another email about the same booking says all that this one does, and more."""
    return email.mail_id.kind is MailKind.ALREADY_BOOKED and not email.attendee.asked_by_other_name
