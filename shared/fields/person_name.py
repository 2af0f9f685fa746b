"""The name of a person, as people type it in any script."""

import unicodedata
from collections.abc import Iterator

from shared.fields.reading import ReadingError, check_encodable, check_length, too_long
from shared.fields.signs import (
    APOSTROPHES,
    BLANKS,
    CURLY_APOSTROPHES,
    DASHES,
    FILLERS,
    HYPHENS,
    INVISIBLE_ENDS,
    JOINERS,
    MARKS,
    QUOTES,
    SPACES,
    UNSEEN,
    sign_name,
)
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence

NAME_LENGTH = 100
MARKS_IN_A_ROW = 6
"""Marks that may stand on one letter: Burmese and Hebrew with its accents need five."""
DIGITS = 6
"""Digits that may be in a name: no phone number has so few."""
JOINED = (("\u0600", "\u1cff"), ("\ua800", "\uabff"), ("\U00010a00", "\U0001ffff"))
"""Ranges of the scripts that are written with joiners, from Arabic on; Latin, Greek, Cyrillic and Hebrew are not."""
DROPPED = MARKS + UNSEEN

FOLDED = str.maketrans(
    {
        **dict.fromkeys(SPACES, " "),
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(QUOTES, '"'),
        **dict.fromkeys("\uff0c\u3001", ","),
        **dict(zip("\uff08\uff09\uff3b\uff3d\uff0e", "()[].", strict=True)),
        **dict.fromkeys(DROPPED),
    }
)
"""Signs of keyboards and word processors by the plain sign that they stand for; what shows nothing for none."""

# Besides the plain ones: the dots between the parts of a name in Catalan, Japanese, Chinese and Tibetan, Hebrew's
# hyphen, geresh and gershayim, and the comma of Arabic.
NAME_MARKS = " .,'\"()[]-" + CURLY_APOSTROPHES + HYPHENS + "\u00b7\u30fb\uff65\u2027\u0f0b\u05be\u05f3\u05f4\u060c"
_FORMULA_STARTS = "=+-@"  # with which a cell of the exported roster would be calculated (OWASP, CSV injection)
_LETTERS_AND_DIGITS = "LMN"
_DIGITS = frozenset(("Nd", "No"))
_CAPITALS = frozenset(("Lu", "Lt"))
_LABEL = sentence("fields.name.label")


def read_person_name(text: str) -> str:
    """Returns the name in NFC: 1 to 100 letters, digits and marks, in one line, with at least one letter.

    Blanks, apostrophes, dashes and quotation marks are folded to the plain ones; what shows nothing is dropped at both
    ends, and a mark of the writing direction or a selector of shapes anywhere. A full stop before a capital gets a
    space, as in "J. Smith", so that no email program takes it for part of a web address.

    Raises:
        ReadingError: the name is missing or too long, or has a sign that no name has, or one with which an email from
            this service would carry a link or a message, or a spreadsheet would calculate. The sentence names it.
    """
    check_length(text, NAME_LENGTH, _LABEL)
    check_encodable(text)
    name = _tidied(text)
    if not name.strip(BLANKS + FILLERS + INVISIBLE_ENDS):
        raise ReadingError("name_missing", sentence("messages.booking.name"))
    if len(name) > NAME_LENGTH:
        raise too_long(NAME_LENGTH, _LABEL)
    _check_signs(name)
    _check_whole(name)
    return name


def _tidied(text: str) -> str:
    # What is dropped first may have stood between a letter and its accent; what is composed may be a sign to fold.
    composed = unicodedata.normalize("NFC", text.translate(FOLDED)).translate(FOLDED)
    inner = "".join(_with_space(composed.strip(BLANKS + INVISIBLE_ENDS)))
    while "  " in inner:
        inner = inner.replace("  ", " ")
    return inner.strip(BLANKS + INVISIBLE_ENDS)


def _with_space(name: str) -> Iterator[str]:
    """The signs of a name, with a space after each full stop that a word with a capital follows."""
    for place, char in enumerate(name):
        yield char
        if _is_dot_of_a_link(name, place) and unicodedata.category(name[place + 1]) in _CAPITALS:
            yield " "


def _check_signs(name: str) -> None:
    if name[0] in _FORMULA_STARTS:
        raise _refused(_begins_with(name[0]))
    if "://" in name:
        raise _refused(sentence("fields.name.link"))
    for place, char in enumerate(name):
        if not _is_allowed(name, place):
            raise _refused(sentence("fields.name.includes", sign=sign_name(char)))
    if unicodedata.category(name[0])[0] == "M":
        raise _refused(_begins_with(name[0]))


def _begins_with(char: str) -> Sentence:
    return sentence("fields.name.begins-with", sign=sign_name(char))


def _check_whole(name: str) -> None:
    if not any(unicodedata.category(char)[0] == "L" for char in name):
        raise _refused(sentence("fields.name.no-letter"))
    if sum(unicodedata.category(char) in _DIGITS for char in name) > DIGITS:
        raise _refused(sentence("fields.name.phone-number"))
    if _marks_in_a_row(name) > MARKS_IN_A_ROW:
        raise _refused(sentence("fields.name.accents", most=MARKS_IN_A_ROW))
    # An email program would show it as a link in an email from this service.
    if any(_is_dot_of_a_link(name, place) for place in range(len(name))):
        raise _refused(sentence("fields.name.dot-of-a-link"))


def _refused(said: Sentence) -> ReadingError:
    return ReadingError("name_characters", said)


def _is_allowed(name: str, place: int) -> bool:
    char = name[place]
    if char in JOINERS:
        return 0 < place < len(name) - 1 and _is_joined(name[place - 1]) and _is_joined(name[place + 1])
    return char in NAME_MARKS or _is_of_a_word(char)


def _is_of_a_word(char: str) -> bool:
    return unicodedata.category(char)[0] in _LETTERS_AND_DIGITS and char not in FILLERS


def _is_joined(char: str) -> bool:
    return _is_of_a_word(char) and any(first <= char <= last for first, last in JOINED)


def _marks_in_a_row(name: str) -> int:
    found = longest = 0
    for char in name:
        if char not in JOINERS:
            found = found + 1 if unicodedata.category(char)[0] == "M" else 0
        longest = max(longest, found)
    return longest


def _is_dot_of_a_link(name: str, place: int) -> bool:
    after = name[place + 1 : place + 3]
    return name[place] == "." and len(after) == 2 and all(map(_is_of_a_word, after))
