"""The sessions chosen on one page, as they travel in the forms of the pages after it."""

from dataclasses import dataclass, replace
from typing import Self

from functions.bookings.draft import SEVERAL_SESSIONS, Draft
from functions.forms.body import Submission
from functions.forms.validation import FieldError, FormError
from shared.bookings.places.request import BookingRequest
from shared.bookings.places.several_sessions import MOST_SESSIONS
from shared.bootstrap import Services
from shared.wording.sentences import sentence

SESSIONS, WAITS_FOR, ASKED_TO_WAIT = "session_id", "waits_for", "asked_to_wait"
_NONE = FieldError(SESSIONS, sentence("messages.booking.sessions"))
_TOO_MANY = FieldError(SESSIONS, sentence("messages.booking.too-many-sessions", most=str(MOST_SESSIONS)))


@dataclass(frozen=True, slots=True)
class Choice:
    """Ids as they were sent, each once and in the order of the form; there may be no session of that id.

    `waits_for`: sessions whose waiting list the person joins if there is no place. `asked_to_wait`: those for which
    they were asked if they would, once they had turned out to be full.
    """

    ids: tuple[str, ...]
    waits_for: frozenset[str]
    asked_to_wait: frozenset[str]

    @classmethod
    def of(cls, sent: Submission) -> Self:
        ids, waits_for, asked = (_texts(sent, name) for name in (SESSIONS, WAITS_FOR, ASKED_TO_WAIT))
        return cls(tuple(dict.fromkeys(ids)), frozenset(waits_for), frozenset(asked))

    @property
    def error(self) -> FieldError | None:
        """The mistake in the number of sessions; None if there is none."""
        if not self.ids:
            return _NONE
        return _TOO_MANY if len(self.ids) > MOST_SESSIONS else None

    def draft(self, built: Services, sent: Submission, found: FormError | None = None) -> Draft:
        """The answers sent, for the next page of this form."""
        return self._of_several(Draft.of(built, sent, found))

    def draft_anew(self, built: Services, sent: Submission) -> Draft:
        """The answers sent, for other bookings than those that the form asked for."""
        return self._of_several(Draft.anew(built, sent))

    def first(self, sent: Submission) -> Submission:
        """The answers as the form of one session would send them for the first of these."""
        return replace(sent, values={**_without_waiting(sent.values), SESSIONS: self.ids[0]})

    def requests(self, request: BookingRequest) -> tuple[BookingRequest, ...]:
        """The valid request for one session as one for each."""
        return tuple(
            request.model_copy(update={"session_id": each, "join_waiting_list": each in self.waits_for})
            for each in self.ids
        )

    def _of_several(self, draft: Draft) -> Draft:
        lists = {SESSIONS: self.ids, WAITS_FOR: sorted(self.waits_for), ASKED_TO_WAIT: sorted(self.asked_to_wait)}
        values = _without_waiting(draft.values) | {name: list(each) for name, each in lists.items()}
        return replace(draft, values=values, way=SEVERAL_SESSIONS)


def _without_waiting[V](values: dict[str, V]) -> dict[str, V]:
    """The answers without the one that the form of one session has for its waiting list."""
    return {name: value for name, value in values.items() if name != "join_waiting_list"}


def _texts(sent: Submission, name: str) -> list[str]:
    value = sent.values.get(name, [])
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
