"""The session that someone is moving to, marked on their booking before the other session is booked."""

import re
from dataclasses import dataclass
from typing import Self

_UNDER_WAY = "to"
_TAKEN_BACK = "not to"
_SHAPE = re.compile(rf'({_UNDER_WAY}|{_TAKEN_BACK}) "(.+)"')


@dataclass(frozen=True, slots=True)
class PendingMove:
    """A move that is under way, or one that was refused and is being taken back."""

    session_id: str
    taken_back: bool = False

    def __str__(self) -> str:
        """The text that the cell `Moving` of the booking holds. The quotes keep blanks at the ends of the id."""
        return f'{_TAKEN_BACK if self.taken_back else _UNDER_WAY} "{self.session_id}"'

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The move that `text` spells; None where it spells none: an administrator may have typed anything."""
        match = _SHAPE.fullmatch(text)
        return None if match is None else cls(match[2], taken_back=match[1] == _TAKEN_BACK)
