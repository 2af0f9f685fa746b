"""The services behind both forms, without storage: they remember what reached them."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.bookings.model.allocation_policy import AllocationPolicy
from shared.bookings.model.attendee import AttendeeState
from shared.bookings.model.errors import SessionUnknownError
from shared.bookings.model.session import Session
from shared.bookings.places.bookable_session import BookableSession
from shared.bookings.places.request import BookingRequest, BookingResult
from shared.config.settings import Support
from shared.content.content import Content
from shared.referrals.intake.request import ReferralRequest
from shared.signing import Signer
from tests import builders
from tests.fakes import FakeClock

SIGNER = Signer((b"k" * 32,))


@dataclass
class FakePlaces:
    booked: list[BookingRequest] = field(default_factory=list)

    def bookable_sessions(self, now: datetime) -> list[BookableSession]:
        return [BookableSession(builders.session(), 3)]

    def bookable_session(self, session_id: str, now: datetime) -> BookableSession | None:
        return next((each for each in self.bookable_sessions(now) if each.session.id == session_id), None)

    def session(self, session_id: str) -> Session:
        if session_id != "s1":
            raise SessionUnknownError
        return builders.session()

    def book(self, request: BookingRequest, now: datetime) -> BookingResult:
        self.booked.append(request)
        session, state = builders.session(), AttendeeState.CONFIRMED
        return BookingResult(session=session, reference="34679CDF", state=state, mail_ids=("mail-1",))


@dataclass
class FakeBookingServices:
    places: FakePlaces = field(default_factory=FakePlaces)
    policy: AllocationPolicy = builders.POLICY
    adjustments_are_read: bool = True
    names_go_to_facilitators: bool = False
    marks_attendance: bool = False
    email_sender: str = "sessions@trust.example"


@dataclass
class FakeIntake:
    accepted: list[ReferralRequest] = field(default_factory=list)
    trouble: Exception | None = None

    def accept(self, request: ReferralRequest, now: datetime, *, slow: bool = False) -> str:
        if self.trouble:
            raise self.trouble
        self.accepted.append(request)
        return "34679CDF"

    def words_of(self, submission_id: str) -> str:
        assert submission_id
        return "tidal onion harbor"


@dataclass
class FakeMailbox:
    failing: bool = False

    def is_failing(self, now: datetime) -> bool:
        return self.failing


@dataclass
class FakeReadiness:
    ready: bool = True

    def is_ready(self, now: datetime) -> bool:
        return self.ready


@dataclass
class FakeReferralServices:
    intake: FakeIntake = field(default_factory=FakeIntake)
    provider_mailbox: FakeMailbox = field(default_factory=FakeMailbox)
    key_readiness: FakeReadiness = field(default_factory=FakeReadiness)
    are_sealed_for_provider: bool = False


@dataclass
class FakeServices:
    content: Content
    now: FakeClock
    site_url: str = "https://support.example"
    closed: frozenset[Support] = frozenset()
    signer: Signer = SIGNER
    bookings: FakeBookingServices = field(default_factory=FakeBookingServices)
    referrals: FakeReferralServices = field(default_factory=FakeReferralServices)

    @property
    def stored(self) -> int:
        return len(self.bookings.places.booked) + len(self.referrals.intake.accepted)
