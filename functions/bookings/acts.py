"""Acts at the link of a booking: what was posted, and the answer to one that nobody can have meant.

Email gateways open links, and some submit the forms that they find there at once. So an act counts only with the token
of the page that offers it, from 3 seconds to a day after that page was opened. It is bound to the act, the link and
the booking's generation: it does nothing at another booking, and nothing once the person has booked anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import azure.functions as func

from functions.bookings.booking_view import BookingView
from functions.forms.body import EmptyBodyError, Submission, read_body
from functions.forms.negotiation import wants_json
from functions.forms.tokens import NOT_YET, TOKEN, FormTokenError, is_ripe, is_unexpired, issue_token
from functions.forms.validation import FieldError
from functions.web.links import token_of
from functions.web.responses import form_page, see_other
from shared.bookings.self_service.service import ManagedBooking
from shared.bootstrap import Services
from shared.content.content import Content


@dataclass(frozen=True, slots=True)
class Act:
    """One act at a link: as its page offers it, or as it was posted. `name` is the last part of its address."""

    name: str
    req: func.HttpRequest
    built: Services
    link: str
    booking: ManagedBooking
    view: BookingView
    sent: Submission

    @classmethod
    def of(cls, name: str, req: func.HttpRequest, built: Services) -> Self:
        """Reads the link, the booking that it opens, and what was posted.

        Raises:
            BodyError: what was posted cannot be read. A button without fields may be sent without a body.
            LinkUnknownError: it opens none.
        """
        sent = _posted(req) if req.method == "POST" else Submission({}, is_form=True)
        link, now = token_of(req), built.now()
        booking = built.bookings.self_service.find(link, now)
        return cls(name, req, built, link, booking, BookingView.of(link, booking, built.content, now), sent)

    @property
    def content(self) -> Content:
        """The content as pages about this booking show it."""
        return self.built.content.of_programme(self.booking.session.programme)

    @property
    def is_meant(self) -> bool:
        """True if a page of this link that was open for a while sent it."""
        return is_ripe(self.built.signer, self._form, self._subject, self.sent.text(TOKEN), self.built.now())

    @property
    def form_token(self) -> str:
        """The token for the page: the one that was sent while it is valid, so that its age counts from then on."""
        sent, now = self.sent.text(TOKEN), self.built.now()
        if is_unexpired(self.built.signer, self._form, self._subject, sent, now):
            return sent
        return issue_token(self.built.signer, self._form, self._subject, now)

    def again(self, page: Callable[[Self, FieldError], str], reason: FieldError = NOT_YET) -> func.HttpResponse:
        """The answer to one that changes nothing: its page with the reason, or the booking's if none can be offered.

        Raises:
            FormTokenError: the client prefers JSON.
        """
        if wants_json(self.req):
            raise FormTokenError((reason,), {})
        return form_page(page(self, reason), status=422) if self.view.can_change else see_other(self.view.address)

    @property
    def _form(self) -> str:
        return f"manage-{self.name}"

    @property
    def _subject(self) -> str:
        return f"{self.link}/{self.booking.attendee.generation}"


def _posted(req: func.HttpRequest) -> Submission:
    try:
        return read_body(req)
    except EmptyBodyError:
        return Submission({}, is_form=True)
