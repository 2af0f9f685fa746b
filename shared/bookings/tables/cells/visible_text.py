"""The text that people see in a cell, without the invisible signs that come with what they paste."""

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from shared.tables.table import Row

# Zero-width spaces, soft hyphens, byte order marks, marks and isolates of writing direction, control characters.
_INVISIBLE = (
    "[\u00ad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"
)
# Persian, several Indic scripts and emoji need joiners, but only between two signs of their own.
_JOINERS = "\u200c\u200d"
_JOINED = rf"[^\x00-\x7f\s{_JOINERS}]"
_REMOVED = re.compile(f"{_INVISIBLE}|(?<![^\\x00-\\x7f])[\ufe00-\ufe0f]")
_MISPLACED_JOINERS = re.compile(rf"(?<![{_JOINERS}])(?:(?<!{_JOINED})[{_JOINERS}]++|[{_JOINERS}]++(?!{_JOINED}))")
_LONGEST = 4_000
_HALF_OF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_FOLDED = str.maketrans("\u00a0\u2007\u202f", "   ")
_ASCII_SIGNS = str.maketrans("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\uff1a\u2236\uff0e\uff0f", "-------::./")


def visible_text(text: str) -> str:
    """Returns the text without invisible signs and surrounding blanks; no-break spaces become spaces.

    Half of a surrogate pair, which cannot be encoded as UTF-8, becomes U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = _HALF_OF_A_CHARACTER.sub("\ufffd", text).translate(_FOLDED)
    return _MISPLACED_JOINERS.sub("", _REMOVED.sub("", text)).strip()


def one_line(text: str) -> str:
    """Returns the visible text with each run of blanks and line ends as one space."""
    return " ".join(visible_text(text).split())


def with_visible_text(row: Row, names: Collection[str]) -> Row:
    """Returns the row with the visible text of the named cells.

    A cell of another type stays as it is, and so does one that is longer than any may be: its length is the problem.
    """
    return Row({name: _visible(cell) if name in names else cell for name, cell in row.cells.items()}, row.etag)


def _visible(cell: Any) -> Any:
    value = cell[0] if isinstance(cell, tuple) else cell  # the SDK's EntityProperty
    return visible_text(value) if isinstance(value, str) and len(value) <= _LONGEST else cell


def ascii_signs(text: str) -> str:
    """Returns the text with the digits of every script, dashes and full-width signs as ASCII."""
    if text.isascii():
        return text
    return "".join(_ascii_digit(char) for char in text.translate(_ASCII_SIGNS))


def _ascii_digit(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def shown(text: str) -> str:
    """Returns the beginning of a cell's text for a message: one line, what cannot be seen as U+ and its number."""
    return "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in one_line(text)[:40])
