"""The column `Attended`: how many people came to a session, or, in a booking's row, whether this person did."""

from collections.abc import Iterable

from shared.bookings.tables.cells.numbers import parse_number
from shared.bookings.tables.cells.problem import CellError
from shared.bookings.tables.cells.visible_text import shown, with_visible_text
from shared.tables.table import Row
from shared.wording.sentences import sentence
from shared.yes_no import parse_yes_no

ATTENDED = "Attended"


def attended_text(row: Row) -> str:
    """Returns what someone typed, as it can be seen; "" for nothing."""
    return with_visible_text(row, (ATTENDED,)).text(ATTENDED)


def read_attended(row: Row, most: int) -> tuple[int | None, str]:
    """Returns the number in a session's row, at most `most`, or else the sentence about what cannot be one.

    An empty cell is no number and needs no sentence.
    """
    text = attended_text(row)
    if not text:
        return None, ""
    try:
        return parse_number(text, 0, most), ""
    except CellError as error:
        wanted = sentence("portal.attended.more", wanted=error)
    except ValueError:
        wanted = sentence("portal.attended.number")
    return None, sentence("portal.session.cell", name=ATTENDED, written=f'"{shown(text)}"', wanted=wanted)


def count_marked(rows: Iterable[Row]) -> int | None:
    """Returns how many bookings say that the person came; None where no row says yes or no."""
    marks = [mark for row in rows if (mark := parse_yes_no(attended_text(row))) is not None]
    return sum(marks) if marks else None


def misread_marks(rows: Iterable[Row]) -> list[Row]:
    """Returns the rows in which there is something else than yes or no."""
    return [row for row in rows if attended_text(row) and parse_yes_no(attended_text(row)) is None]
