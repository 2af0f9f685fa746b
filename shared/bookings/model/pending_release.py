"""The place that someone who moved to another session has still to give up."""

from dataclasses import dataclass
from typing import Self

_MAX_DIGITS = 9  # as `Row.integer` reads a generation


@dataclass(frozen=True, slots=True)
class PendingRelease:
    """The booking moved away from: its generation, its row key, and the id of its session."""

    generation: int
    key: str
    session_id: str

    def __str__(self) -> str:
        """The text that the cell `Releases` of the new booking holds. No key can hold a line feed."""
        return f"{self.generation}\n{self.key}\n{self.session_id}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The release that `text` spells; None where it spells none: an administrator may have typed anything."""
        generation, _, rest = text.partition("\n")
        key, _, session_id = rest.partition("\n")
        if not session_id or not generation.isdecimal() or len(generation) > _MAX_DIGITS:
            return None
        return cls(int(generation), key, session_id)
