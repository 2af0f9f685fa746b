"""A day that is given as year, month and day, as people type them into three fields."""

import unicodedata
from datetime import date

from shared.fields.reading import ReadingError
from shared.fields.signs import BLANKS, EVERY_DIRECTION, INVISIBLE_ENDS
from shared.wording.sentences import sentence

_LONGEST = 60  # characters of the three parts: none of them takes more than the name of a month and a few blanks
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH_NUMBERS = {name[:length]: number for number, name in enumerate(_MONTHS, 1) for length in (3, 4, len(name))}
_ENDS = BLANKS + INVISIBLE_ENDS + EVERY_DIRECTION
_LENGTHS = (4, 2, 2)  # digits of year, month and day


def read_day(text: str, label: str) -> date | None:
    """Returns the day of "1980-3-27" or "1980-March-27", in digits of any script; None if there is no such day.

    Raises:
        ReadingError: a part is missing or is no number; `label` begins the sentence.
    """
    parts = [part.strip(_ENDS) for part in text.split("-")] if len(text) <= _LONGEST else []
    if len(parts) != 3 or not all(parts):
        raise _not_in_parts(label)
    year, month, day = parts
    numbers = [year, _month(month), day]
    if not numbers[1]:
        raise ReadingError("date_month", sentence("fields.date.month", label=label))
    if not all(map(_is_number, numbers, _LENGTHS)):
        raise _not_in_parts(label)
    try:
        return date(*map(int, numbers))
    except ValueError:
        return None


def _not_in_parts(label: str) -> ReadingError:
    return ReadingError("date_parts", sentence("fields.date.parts", label=label))


def _month(text: str) -> str:
    """The number of a month; empty for a word that is none in English."""
    word = unicodedata.normalize("NFKC", text).casefold().rstrip(".")
    return text if not any(map(str.isalpha, text)) else str(_MONTH_NUMBERS.get(word, ""))


def _is_number(text: str, most: int) -> bool:
    return text.isdecimal() and len(text) <= most
