"""The applicant of one request to book: their keys, and the row that the request would become."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.bookings.model.attendee import BOOKING_KEY_PREFIX, Attendee, AttendeeState, can_be_mailed
from shared.bookings.model.generation import address_since, next_generation
from shared.bookings.model.pending_release import PendingRelease
from shared.bookings.places.request import BookingRequest
from shared.normalised_address import normalised_address
from shared.references import answers_hash, keyed_hash, reference, submission_hash


def booking_key(key: bytes, session_id: str, person: str) -> str:
    """The row key of a person's booking of a session: nobody without the secret can tell whose it is."""
    return f"{BOOKING_KEY_PREFIX}{keyed_hash(key, 'booking', session_id, person)[:32]}"


def booking_reference(key: bytes, session_id: str, person: str) -> str:
    """The reference of a person's booking of a session: the same whenever and however they are booked."""
    return reference(key, "booking-reference", session_id, person)


def typed_reference(key: bytes, session_id: str, attendee: Attendee) -> str:
    """The reference of a row that an administrator typed, by its address as any other's; "" without an address."""
    if not can_be_mailed(attendee.email):
        return ""
    return booking_reference(key, session_id, normalised_address(attendee.email))


@dataclass(frozen=True, slots=True)
class Applicant:
    """Someone who asks for a place. `needs_check`: their address alone does not say that they work for the trust.

    `never_acted` and `acted_at` are as those of an `Attendee`: who moves has used a link that was emailed to them.
    """

    request: BookingRequest
    key: str
    person: str
    reference: str
    submission: str
    answers: str
    needs_check: bool = False
    never_acted: bool = True
    acted_at: datetime | None = None
    moved_from: str = ""
    pending_release: PendingRelease | None = None

    @property
    def is_unproven(self) -> bool:
        """True if they have yet to prove that the address is theirs."""
        return self.needs_check and self.never_acted

    @property
    def fingerprint(self) -> str:
        return f"{self.submission}-{self.answers}"

    def attendee(self, state: AttendeeState, cancelled: Attendee | None, now: datetime) -> Attendee:
        """The row to write: in place of a cancelled one, as its next generation."""
        at = now.astimezone(UTC)
        generation = next_generation(cancelled) if cancelled else 1
        return Attendee(
            key=cancelled.key if cancelled else self.key,
            reference=self.reference,
            state=state,
            name=self.request.full_name,
            email=self.request.email,
            adjustments=self.request.adjustments,
            share_adjustments=self.request.share_adjustments,
            reminders=self.request.reminders,
            booked_at=at,
            generation=generation,
            address_since=address_since(cancelled, self.request.email, generation) if cancelled else generation,
            submission=self.fingerprint,
            asked_again_at=None,
            mail="",
            etag=cancelled.etag if cancelled else "",
            state_at=at,
            waiting_since=at if state is AttendeeState.WAITING else None,
            needs_check=self.needs_check,
            never_acted=self.never_acted,
            acted_at=self.acted_at,
            moved_from=self.moved_from,
            pending_release=self.pending_release,
            known_state=str(state),
            known_email=self.request.email,
        )


def applicant(request: BookingRequest, key: bytes) -> Applicant:
    """Makes the keys. Without a submission's id the request is one of its own, however like another it is."""
    person = normalised_address(request.email)
    submission = request.submission_id or secrets.token_urlsafe(24)
    answers = request.model_dump_json(exclude={"submission_id"})
    return Applicant(
        request=request,
        key=booking_key(key, request.session_id, person),
        person=person,
        # The same whether or not the address has booked before, so that the answer does not tell.
        reference=booking_reference(key, request.session_id, person),
        submission=submission_hash(key, submission),
        answers=answers_hash(key, submission, answers),
    )
