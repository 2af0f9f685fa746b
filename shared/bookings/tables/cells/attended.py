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
    return None, _asked_back(text, wanted)


def count_marked(rows: Iterable[Row]) -> int | None:
    """Returns how many bookings say that the person came; None where no row says yes or no."""
    marks = [mark for row in rows if (mark := parse_yes_no(attended_text(row))) is not None]
    return sum(marks) if marks else None


def mark_problem(row: Row) -> str:
    """Returns the sentence about a booking that says something else than yes or no; "" for any other."""
    text = attended_text(row)
    return _asked_back(text, sentence("portal.attended.mark")) if text and parse_yes_no(text) is None else ""


def with_problem(row: Row, problem: str) -> str:
    """Returns what the row says is wrong, with `problem` in place of what it said of `Attended`, which comes last."""
    others = row.text("Problem").partition(f"{ATTENDED} is ")[0].strip()
    return " ".join(filter(None, (others, problem)))


def _asked_back(text: str, wanted: str) -> str:
    return sentence("portal.session.cell", name=ATTENDED, written=f'"{shown(text)}"', wanted=wanted)
