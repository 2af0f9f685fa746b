"""The report of the last run of the timer: the parts and sessions that failed, and the rosters that are lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared.tables.table import Row, moment_text

EMAIL_SET_UP = "email set-up"
"""The part that fails while the email service answers that its set-up is wrong; its error is a code for what is."""

_MOST_NAMED = 25  # of each kind: a row key has 512 characters at most, and a cell holds 32,768
_KINDS = {"parts": "FailedParts", "sessions": "FailedSessions", "rosters": "LostRosters"}


class Failure(BaseModel):
    """One thing that fails: its name, the type of its error, and since when in every run (UTC)."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(max_length=1_024)]
    error: Annotated[str, Field(max_length=200)]
    since: AwareDatetime


_FAILURES = TypeAdapter(tuple[Failure, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The time of the run (UTC), and what failed in it.

    `parts` are named as in the log, `sessions` and `rosters` by the row key of the session: those that could not be
    reconciled, and those whose bookings are missing from the table `Bookings`. At most 25 of each are named.
    """

    at: datetime
    parts: tuple[Failure, ...] = ()
    sessions: tuple[Failure, ...] = ()
    rosters: tuple[Failure, ...] = ()

    @classmethod
    def read(cls, row: Row | None) -> Self | None:
        """The report in a row; None where no run was recorded. A list that cannot be read is empty."""
        at = None if row is None else row.moment("LastOk")
        if row is None or at is None:
            return None
        return cls(at=at, **{kind: _read(row.text(cell)) for kind, cell in _KINDS.items()})

    def cells(self) -> dict[str, Any]:
        """The cells of the row, each far from what a cell holds."""
        lists = {cell: _FAILURES.dump_json(getattr(self, kind)).decode() for kind, cell in _KINDS.items()}
        return {"LastOk": moment_text(self.at)} | lists


def failures(found: Mapping[str, str], before: Sequence[Failure], now: datetime) -> tuple[Failure, ...]:
    """The failures of a run at `now` (UTC), given as error types by name; those of the run `before` keep their time."""
    since = {each.name: each.since for each in before}
    first = sorted(found, key=lambda name: (since.get(name, now), name))[:_MOST_NAMED]
    return tuple(Failure(name=name, error=found[name], since=since.get(name, now)) for name in first)


def _read(text: str) -> tuple[Failure, ...]:
    try:
        return _FAILURES.validate_json(text or "[]")
    except ValidationError:
        return ()
