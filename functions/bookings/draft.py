"""An unfinished booking: its answers travel from page to page in the forms themselves, and nothing is stored."""

from dataclasses import dataclass, replace
from typing import Self
from uuid import uuid4

from functions.forms.body import Submission
from functions.forms.tokens import is_unexpired, issue_token
from functions.forms.validation import FormError, as_typed
from shared.bookings.places.request import BookingRequest
from shared.bootstrap import Services

FORM = "booking"
ONE_SESSION, SEVERAL_SESSIONS = "/bookings", "/bookings/several"
"""Addresses at which the form of one session is sent, and the form of several; its pages have theirs below it."""

_NEEDED = ("session_id", "full_name", "email", "group_agreement")


@dataclass(frozen=True, slots=True)
class Draft:
    """The answers so far, by field as typed, with the submission id and token that the next page's form carries.

    `way` is the address below which the form's pages are.
    """

    values: dict[str, str | list[str]]
    submission_id: str
    form_token: str
    way: str = ONE_SESSION

    @classmethod
    def new(cls, built: Services, session_id: str = "", *, way: str = ONE_SESSION) -> Self:
        """A draft without answers, except for the session if one is chosen."""
        return replace(cls._of(built, FormError((), {"session_id": session_id} if session_id else {}), ""), way=way)

    @classmethod
    def of(cls, built: Services, submission: Submission, found: FormError | None = None) -> Self:
        """The answers sent. Their token is kept while it is valid, so that its age counts from the first page."""
        token = submission.values.get("form_token")
        return cls._of(built, found or FormError((), as_typed(BookingRequest, submission)), str(token))

    @classmethod
    def anew(cls, built: Services, submission: Submission) -> Self:
        """The answers sent, for another booking than the one that came of them."""
        values = as_typed(BookingRequest, submission)
        return cls._of(built, FormError((), {**values, "submission_id": ""}), "")

    @classmethod
    def _of(cls, built: Services, found: FormError, token: str) -> Self:
        given = {name: value for name, value in found.values.items() if name != "submission_id"}
        submission_id, now = found.submission_id or uuid4().hex, built.now()
        if not is_unexpired(built.signer, FORM, submission_id, token, now):
            token = issue_token(built.signer, FORM, submission_id, now)
        return cls(given, submission_id, token)

    @property
    def session_id(self) -> str:
        return str(self.values.get("session_id", ""))

    @property
    def session_ids(self) -> tuple[str, ...]:
        """The sessions that are chosen: of the form for one, one at most."""
        chosen = self.values.get("session_id", "")
        return (chosen,) if isinstance(chosen, str) else tuple(chosen)

    @property
    def is_complete(self) -> bool:
        """True if every page has been answered, so that a change leads straight back to the check page."""
        return all(self.values.get(name) for name in _NEEDED)

    def with_waiting_list(self, *, joins: bool) -> Self:
        """The same draft, for the waiting list or for a place only."""
        others = {name: value for name, value in self.values.items() if name != "join_waiting_list"}
        return replace(self, values=others | ({"join_waiting_list": "yes"} if joins else {}))
