"""The name of a person, as people type it in any script."""

import unicodedata

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
    sign_name,
)

NAME_LENGTH = 100

FOLDED = str.maketrans(
    {
        **dict.fromkeys(SPACES, " "),
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(QUOTES, '"'),
        **dict.fromkeys("\uff0c\u3001", ","),
        **dict(zip("\uff08\uff09\uff3b\uff3d\uff0e", "()[].", strict=True)),
        **dict.fromkeys(MARKS),
    }
)
"""Signs of keyboards and word processors by the plain sign that they stand for; marks of direction for none."""

# Besides the plain ones: the dots between the parts of a name in Catalan, Japanese, Chinese and Tibetan, Hebrew's
# hyphen, geresh and gershayim, and the comma of Arabic.
NAME_MARKS = " .,'\"()[]-" + CURLY_APOSTROPHES + HYPHENS + "\u00b7\u30fb\uff65\u2027\u0f0b\u05be\u05f3\u05f4\u060c"
_FORMULA_STARTS = "=+-@"  # with which a cell of the exported roster would be calculated (OWASP, CSV injection)
_LETTERS_AND_DIGITS = "LMN"
_LINK = "Name must not include a web address"


def read_person_name(text: str) -> str:
    """Returns the name in NFC: 1 to 100 letters, digits and marks, in one line, with at least one letter.

    Blanks, apostrophes, dashes and quotation marks are folded to the plain ones; what shows nothing is dropped at both
    ends, and a mark of the writing direction anywhere.

    Raises:
        ReadingError: the name is missing or too long, or has a sign that no name has, or one with which an email from
            this service would carry a link or a spreadsheet would calculate. The sentence names the sign.
    """
    check_length(text, NAME_LENGTH, "Name")
    check_encodable(text)
    name = _tidied(text)
    if not name.strip(BLANKS + FILLERS + INVISIBLE_ENDS):
        raise ReadingError("name_missing", "Enter your name")
    if len(name) > NAME_LENGTH:
        raise too_long(NAME_LENGTH, "Name")
    _check_signs(name)
    return name


def _tidied(text: str) -> str:
    inner = unicodedata.normalize("NFC", text).strip(BLANKS + INVISIBLE_ENDS).translate(FOLDED)
    while "  " in inner:
        inner = inner.replace("  ", " ")
    return inner.strip(BLANKS + INVISIBLE_ENDS)


def _check_signs(name: str) -> None:
    if name[0] in _FORMULA_STARTS:
        raise _refused(f"Name must not begin with {sign_name(name[0])}")
    if "://" in name:
        raise _refused(_LINK)
    for place, char in enumerate(name):
        if not _is_allowed(name, place):
            raise _refused(f"Name must not include {sign_name(char)}")
    if unicodedata.category(name[0])[0] == "M":
        raise _refused(f"Name must not begin with {sign_name(name[0])}")
    if not any(unicodedata.category(char)[0] == "L" for char in name):
        raise _refused("Name must include at least one letter")
    if _has_link(name):  # an email program would show it as a link in an email from this service
        raise _refused(f"{_LINK}; put a space after a full stop")


def _refused(sentence: str) -> ReadingError:
    return ReadingError("name_characters", sentence)


def _is_allowed(name: str, place: int) -> bool:
    char = name[place]
    if char in JOINERS:
        return 0 < place < len(name) - 1 and _is_of_a_word(name[place - 1]) and _is_of_a_word(name[place + 1])
    return char in NAME_MARKS or _is_of_a_word(char)


def _is_of_a_word(char: str) -> bool:
    return unicodedata.category(char)[0] in _LETTERS_AND_DIGITS and char not in FILLERS


def _has_link(name: str) -> bool:
    dots = (place for place, char in enumerate(name) if char == ".")
    return any(
        len(after) == 2 and all(map(_is_of_a_word, after)) for after in (name[dot + 1 : dot + 3] for dot in dots)
    )
