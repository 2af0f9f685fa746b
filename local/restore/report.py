"""The counts of a restoration, by table, for the person who runs it. They name sessions and no one."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class LeftOut(StrEnum):
    """Reasons why a row of the copy is not put back."""

    CANCELLED = "the email log says that it was cancelled"
    DELETED = "deleted by hand since"
    EXPIRED = "kept long enough"
    NO_PLACE = "no place is left"
    NO_SESSION = "the session is gone, or its row cannot be understood"


@dataclass(slots=True)
class Report:
    """Rows by table: put `back`, and already `there`; and `left` out by table, reason and session or partition."""

    back: Counter[str] = field(default_factory=Counter)
    there: Counter[str] = field(default_factory=Counter)
    left: Counter[tuple[str, LeftOut, str]] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    """Emails by session of which the lost log may have known: the email service is asked before one is sent."""

    def lines(self) -> Iterator[str]:
        """Yields the lines to print."""
        tables = {*self.back, *self.there, *(table for table, _, _ in self.left)}
        for table in sorted(tables):
            yield f"{table}: {self.back[table]} to put back, {self.there[table]} there already"
            for (of, reason, where), number in sorted(self.left.items()):
                if of == table:
                    yield f"  left out, {where}: {number} ({reason})"
        for session_id, number in sorted(self.asked.items()):
            yield f"MailIndex, {session_id}: of {number} emails the email service is asked before they go"
