"""Links in emails that open one booking: to manage it, and for calendars."""

from dataclasses import dataclass

from shared.bookings.model.attendee import Attendee
from shared.bookings.model.errors import LinkUnknownError
from shared.signing import Signer

_PURPOSE = "manage"


@dataclass(frozen=True, slots=True)
class ManageLinks:
    """The links that emails carry. They name no person and open one booking only.

    Each carries the generation of the booking in which it was sent: see `shared.bookings.model.generation`.
    """

    signer: Signer
    site_url: str

    def token(self, session_id: str, attendee: Attendee) -> str:
        return self.signer.token(_PURPOSE, session_id, attendee.key, str(attendee.generation))

    def url(self, session_id: str, attendee: Attendee) -> str:
        return f"{self.site_url}/manage/{self.token(session_id, attendee)}"

    def calendar_url(self, session_id: str, attendee: Attendee) -> str:
        """The address of a calendar file that adds the booking, changes it or takes it out, as it then stands."""
        return f"{self.site_url}/calendar/{self.token(session_id, attendee)}"

    def decode(self, token: str) -> tuple[str, str, int]:
        """Session, row key and generation that a token stands for.

        Raises:
            LinkUnknownError: it was never given out.
        """
        parts = self.signer.parse_token(_PURPOSE, token)
        if parts is None or len(parts) != 3 or not parts[2].isdecimal():
            raise LinkUnknownError
        return parts[0], parts[1], int(parts[2])
