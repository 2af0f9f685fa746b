"""The cells of an attendee's row that people may have typed: read tolerantly, and what is wrong with them in words."""

from collections.abc import Callable
from functools import lru_cache

from shared.bookings.model.attendee import ADJUSTMENTS_LENGTH, AttendeeState
from shared.bookings.tables.cells.problem import too_long
from shared.bookings.tables.cells.send_again import is_unknown
from shared.bookings.tables.cells.visible_text import one_line, shown, visible_text, with_visible_text
from shared.fields.email_address import EMAIL_LENGTH, read_email_address
from shared.fields.person_name import NAME_LENGTH, read_person_name
from shared.fields.reading import ReadingError
from shared.tables.table import Row
from shared.wording.sentences import sentence

_LENGTHS = {"Name": NAME_LENGTH, "Email": EMAIL_LENGTH, "Adjustments": ADJUSTMENTS_LENGTH} | dict.fromkeys(
    ("State", "Reference", "Session", "ShareAdjustments", "Reminders", "NeedsCheck", "SendAgain"), 100
)
_READ_AS_FORMS_DO = frozenset({"Name", "Email"})  # by readings that decide themselves on what cannot be seen
_OTHER_SPELLINGS = {"canceled": "cancelled", "to check": "to-check"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\n")


def with_readable_cells(row: Row) -> Row:
    """Returns the row with visible text in every cell that people may have typed, names and addresses excepted."""
    return with_visible_text(row, _LENGTHS.keys() - _READ_AS_FORMS_DO)


def short_text(row: Row, name: str) -> str:
    """Returns the cell's text in one line; of a text that is too long, the beginning."""
    return _beginning(one_line(row.text(name)), _LENGTHS[name])


def name(row: Row) -> str:
    """Returns the name as the forms read it; of one that they refuse, the text in one line or its beginning."""
    text = row.text("Name")
    return _read(read_person_name, text)[0] or short_text(row, "Name")


def adjustments(row: Row) -> str:
    """Returns the adjustments as they were given; of a text that is too long, the beginning."""
    return _beginning(unescape_formula(row.text("Adjustments")), ADJUSTMENTS_LENGTH)


def email(row: Row) -> str:
    """Returns the address as the forms read it; the text of one that they refuse, which gets no email.

    Where the cell holds a text that is too long for any address, it is the one known before.
    """
    text = row.text("Email")
    if too_long("Email", visible_text(text), EMAIL_LENGTH):
        return row.text("KnownEmail")
    # Not the visible text of one that is refused: without what cannot be seen it may be an address.
    return _read(read_email_address, text)[0] or text.strip()


def state(row: Row) -> AttendeeState:
    """Returns the state; the one known before where the cell holds no word of the service's.

    Where nothing is known the row holds its place: giving that to someone else could not be taken back.
    """
    for text in (_word(row), row.text("KnownState"), "to-check"):
        if text in AttendeeState:
            return AttendeeState(text)
    return AttendeeState.TO_CHECK


def cell_problems(row: Row) -> str:
    """Returns a sentence for each cell that cannot be read or used; "" if there is none."""
    typed = {name: row.text(name) for name in _LENGTHS}
    texts = {name: visible_text(text) if name in _READ_AS_FORMS_DO else text for name, text in typed.items()}
    texts["Adjustments"] = unescape_formula(texts["Adjustments"])
    found = {name: said for name, text in texts.items() if (said := too_long(name, text, _LENGTHS[name]))}
    if "State" not in found and _word(row) not in AttendeeState:
        written = f'"{shown(texts["State"])}"' if texts["State"] else sentence("portal.empty")
        found["State"] = sentence("portal.booking.state", written=written)
    if "Name" not in found and texts["Name"] and (refused := _read(read_person_name, typed["Name"])[1]):
        found["Name"] = f"{refused}."
    if "Email" not in found and (refused := _read(read_email_address, typed["Email"])[1]):
        found["Email"] = sentence("portal.booking.no-email") + (f" {refused}." if texts["Email"] else "")
    if "SendAgain" not in found and is_unknown(one_line(texts["SendAgain"])):
        found["SendAgain"] = sentence("portal.booking.send-again-unknown", text=shown(texts["SendAgain"]))
    return " ".join(found.values())


@lru_cache(maxsize=4096)  # a roster is read in every booking, each of its cells twice, and some readings are slow
def _read(read: Callable[[str], str], text: str) -> tuple[str, str]:
    """The value of a text, or else the sentence with which it is refused."""
    try:
        return read(text), ""
    except ReadingError as error:
        return "", error.sentence


def unescape_formula(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA_STARTS) else text


def escape_formula(text: str) -> str:
    # An exported roster is opened in a spreadsheet, where an apostrophe makes a cell text (OWASP, CSV injection).
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _word(row: Row) -> str:
    text = row.text("State")[: _LENGTHS["State"] + 1].casefold()
    return _OTHER_SPELLINGS.get(text, text)


def _beginning(text: str, most: int) -> str:
    return text if len(text) <= most else f"{visible_text(text[: most - 1])}…"
