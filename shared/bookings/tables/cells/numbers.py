"""A whole number as people and table editors write it."""

import re

from shared.bookings.tables.cells.problem import CellError
from shared.bookings.tables.cells.visible_text import ascii_signs
from shared.wording.sentences import sentence

_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")


def parse_number(text: str, least: int, most: int) -> int:
    """Reads digits of any script; an editor may have added ".0".

    Raises:
        CellError: the number is out of range. The message names the range.
        ValueError: it is no plain number.
    """
    found = _WHOLE.fullmatch(ascii_signs(text))
    if found is None:
        raise ValueError("not a plain number")
    number = int(found[1])
    if not least <= number <= most:
        raise CellError(sentence("portal.number", least=f"{least:,}", most=f"{most:,}"))
    return number
