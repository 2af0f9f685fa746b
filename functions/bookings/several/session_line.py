"""View-model of one session among several that were asked for with one form."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from functions.bookings.session_view import SessionView
from functions.bookings.several.choice import Choice
from functions.problems.bookings import BOOKING_PROBLEMS
from functions.problems.error_table import problem_of
from functions.problems.problem_details import Problem
from functions.web import error_log
from shared.bookings.model.errors import SessionFullError
from shared.bookings.model.session import Session
from shared.bookings.places.request import BookingResult
from shared.bookings.places.several_sessions import SessionOutcome
from shared.content.content import Content

_PROBLEMS = {each.name: each for each in BOOKING_PROBLEMS.values()}
_UNPROVEN, _BETWEEN = "unproven", ":"


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session: booked, with its `state` and `reference`, or not, with the `problem` that stood in the way.

    `session` is None if there is no such session, or no longer. `may_wait`: it is full, and the person may still say
    if they would wait. `may_repeat`: nothing is known to be stored, and the same form may be sent again. `correlation`
    is the code under which the log has a failure.
    """

    id: str
    session: SessionView | None
    state: str = ""
    reference: str = ""
    unproven: bool = False
    problem: Problem | None = None
    may_wait: bool = False
    may_repeat: bool = False
    was_tried: bool = True
    correlation: str = ""

    @classmethod
    def of(cls, outcome: SessionOutcome, session: SessionView | None, choice: Choice, content: Content) -> Self:
        if outcome.result is not None:
            return cls._booked(outcome.session_id, session, outcome.result)
        error = outcome.error or Exception()
        found = problem_of(error)
        is_open = isinstance(error, SessionFullError) and error.waiting_list
        return cls(
            id=outcome.session_id,
            session=session,
            problem=_told(found, content),
            may_wait=is_open and outcome.session_id not in choice.asked_to_wait,
            may_repeat=found.status >= 500,
            was_tried=outcome.was_tried,
            correlation=error_log.log(error, found),
        )

    @classmethod
    def _booked(cls, session_id: str, session: SessionView | None, result: BookingResult) -> Self:
        return cls(session_id, session, str(result.state), result.reference, unproven=result.unproven)

    @property
    def is_settled(self) -> bool:
        return not self.may_wait and not self.may_repeat

    @property
    def text(self) -> str:
        """The line as the address of the page carries it: no longer for a long id."""
        said = self.problem.name if self.problem else self.state
        return _BETWEEN.join((_short(self.id), self.reference, said, _UNPROVEN if self.unproven else ""))

    @classmethod
    def read(cls, text: str, sessions: Mapping[str, SessionView], content: Content) -> Self:
        """The line of a text, with its session among `sessions`, by short ids."""
        short, reference, said, unproven = text.split(_BETWEEN)
        known, problem = sessions.get(short), _PROBLEMS.get(said)
        session_id, state = known.id if known else short, "" if problem else said
        told = _told(problem, content) if problem else None
        return cls(session_id, known, state, reference, unproven=unproven == _UNPROVEN, problem=told)


def lines_of(
    outcomes: Sequence[SessionOutcome], known: Mapping[str, Session], content: Content, choice: Choice
) -> list[SessionLine]:
    """The lines, earliest session first; a failure is logged."""
    just_read = {each.result.session.id: each.result.session for each in outcomes if each.result}
    sessions = {**known, **just_read}
    views = {each: SessionView.of(sessions[each], content) for each in choice.ids if each in sessions}
    return in_order([SessionLine.of(each, views.get(each.session_id), choice, content) for each in outcomes])


def read_lines(texts: Iterable[str], known: Iterable[Session], content: Content) -> list[SessionLine]:
    """The lines that an address carries, with the sessions as they are now."""
    views = {_short(each.id): SessionView.of(each, content) for each in known}
    return in_order([SessionLine.read(each, views, content) for each in texts])


def in_order(lines: Sequence[SessionLine]) -> list[SessionLine]:
    """The lines, earliest session first; those without one last."""
    return sorted(lines, key=lambda each: (each.session is None, each.session.starts if each.session else "", each.id))


def retry_order(lines: Sequence[SessionLine]) -> list[str]:
    """The ids in the order for the next try: what was left out, what failed, and then the rest, which costs little.

    Otherwise a session that never answers would be tried first each time, and take the time of those after it.
    """
    return [each.id for each in sorted(lines, key=lambda each: (each.was_tried, not each.may_repeat))]


def _told(found: Problem, content: Content) -> Problem:
    return found.for_organisation(content.organisation.name, content.translate)


def _short(session_id: str) -> str:
    return hashlib.sha256(session_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
