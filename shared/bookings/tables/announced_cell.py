"""The cell `Announced`: the versions of a session that attendees were told, as a strict model of its JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from shared.bookings.model.session import AnnouncedDetails, Session, SessionState
from shared.bookings.tables.cells.visible_text import one_line
from shared.reminder_offsets import Offset, parse_offsets
from shared.tables.table import moment_text, parse_moment

MAX_CAPACITY = MAX_MINUTES = 10_000
LINK_LENGTH = 2_000
REMINDERS_LENGTH = 200
"""Limits of what is written from now on. A cell of before may hold longer texts, and stays readable."""

_LONGEST_TEXT, _LONGEST_REMINDERS = 4_000, 2_000

# UTF-16 code units; a text property holds 32,768 of them (Azure Table Storage, "property types").
_LONGEST_WRITTEN, _LONGEST_READ = 28_000, 32_000
# An email says what changed since the version that its reader knows; nobody is further behind than this.
_KEPT_VERSIONS = 20
_MAX_VERSIONS = 300  # in a cell of before the history was bounded
_MOMENT_LENGTH = 40
_LINK = r"^(https://|$)"
_ADDED_LATER = frozenset({"place", "note"})  # left out where they are empty, as in cells of before
_REMEMBERED = 200  # cells whose meaning is remembered: each run of the timer reads those of the run before


def _moment(value: object) -> datetime:
    """A moment as `moment_text` writes it and `Row.moment` reads it."""
    moment = parse_moment(value) if isinstance(value, str) and len(value) <= _MOMENT_LENGTH else None
    if moment is None:
        raise ValueError("not a moment between 2000 and 2099")
    return moment


def _offsets(value: object) -> object:
    if isinstance(value, str) and value:
        parse_offsets(value)
    return value


class _Told(BaseModel):
    """One version, as `AnnouncedDetails` describes it. `starts` is ISO 8601, in UTC where it names no time zone."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    starts: Annotated[datetime, BeforeValidator(_moment)]
    minutes: Annotated[int, Field(ge=1, le=MAX_MINUTES)]
    theme: Annotated[str, Field(max_length=_LONGEST_TEXT)]
    join_url: Annotated[str, Field(max_length=_LONGEST_TEXT, pattern=_LINK)]
    called_off: bool
    place: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""  # this and the next: not in cells of before
    note: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""

    def details(self) -> AnnouncedDetails:
        return AnnouncedDetails(
            starts=self.starts,
            minutes=self.minutes,
            theme=one_line(self.theme),  # as the row is read, so that a blank that only looks alike is no change
            join_url=self.join_url,
            called_off=self.called_off,
            place=one_line(self.place),
            note=one_line(self.note),
        )


class _Announced(BaseModel):
    """The whole cell. `told` holds the latest versions, oldest first; `version` also counts those before them.

    `reminders` are offsets with commas between them, "none", or "" for those of the installation.
    """

    model_config = ConfigDict(frozen=True, strict=True)

    version: Annotated[int, Field(ge=1, lt=1_000_000)]
    capacity: Annotated[int, Field(ge=0, le=MAX_CAPACITY)]
    title: Annotated[str, Field(max_length=_LONGEST_TEXT)]
    description: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""  # not in cells of before
    facilitator: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    feedback_url: Annotated[str, Field(max_length=_LONGEST_TEXT, pattern=_LINK)] = ""
    programme: Annotated[str, Field(max_length=_LONGEST_TEXT)] = ""
    state: SessionState
    reminders: Annotated[str, Field(max_length=_LONGEST_REMINDERS), BeforeValidator(_offsets)]
    waiting_list: bool
    told: Annotated[tuple[_Told, ...], Field(min_length=1, max_length=_MAX_VERSIONS)]

    @model_validator(mode="after")
    def _counts_every_version(self) -> Self:
        if self.version < len(self.told):
            raise ValueError("fewer versions than were told")
        return self


def announced_text(session: Session) -> str:
    """The text of the cell: what attendees were told, and what the session was last understood to be.

    It holds the newest 20 versions at most, and fewer of long ones; those left out still count in `version`.
    """
    history = session.history[-_KEPT_VERSIONS:]
    while len(history) > 1 and _utf16_length(_text(session, history)) > _LONGEST_WRITTEN:
        history = history[1:]
    return _text(session, history)


def _utf16_length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(session: Session, history: Sequence[AnnouncedDetails]) -> str:
    facts = {
        "version": session.version,
        "capacity": session.capacity,
        "title": session.title,
        "state": str(session.state),
        "reminders": ",".join(offset.text for offset in session.reminders) or "none",
        "waiting_list": session.waiting_list,
        "told": [_told(details) for details in history],
    }
    # Left out where they are empty, as in cells of before, which so need not be written again.
    facts |= {"description": session.description} if session.description else {}
    facts |= {"facilitator": session.facilitator} if session.facilitator else {}
    facts |= {"feedback_url": session.feedback_url} if session.feedback_url else {}
    facts |= {"programme": session.programme} if session.programme else {}
    return json.dumps(facts, ensure_ascii=False)


def _told(details: AnnouncedDetails) -> dict[str, Any]:
    facts = asdict(details) | {"starts": moment_text(details.starts)}
    return {name: value for name, value in facts.items() if value or name not in _ADDED_LATER}


@lru_cache(_REMEMBERED)
def read_announced(session_id: str, text: str, reminders: tuple[Offset, ...]) -> Session | None:
    """The session that attendees know, from the text of the cell; `reminders` are those of the installation.

    None where nobody was told, and for any text that the service cannot have written: nothing is raised.
    """
    if len(text) > _LONGEST_READ:
        return None
    try:
        announced = _Announced.model_validate_json(text)
    except ValidationError:
        return None
    return _session(session_id, announced, reminders)


def _session(session_id: str, announced: _Announced, reminders: tuple[Offset, ...]) -> Session:
    history = tuple(told.details() for told in announced.told)
    last = history[-1]
    return Session(
        id=session_id,
        starts=last.starts,
        minutes=last.minutes,
        theme=last.theme,
        join_url=last.join_url,
        place=last.place,
        note=last.note,
        capacity=announced.capacity,
        title=announced.title,
        description=announced.description,
        facilitator=announced.facilitator,
        feedback_url=announced.feedback_url,
        programme=announced.programme,
        state=SessionState.CANCELLED if last.called_off else announced.state,
        reminders=parse_offsets(announced.reminders) if announced.reminders else reminders,
        waiting_list=announced.waiting_list,
        history=history,
        forgotten=announced.version - len(history),
    )
