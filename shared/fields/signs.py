"""Signs that come with what people type and paste: those that are dropped, those that are folded, and their names."""

import unicodedata

from shared.wording.sentences import sentence

BLANKS = "".join(char for char in map(chr, range(0x3001)) if char.isspace())
LINE_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
SPACES = "".join(char for char in BLANKS if char not in LINE_BREAKS and unicodedata.category(char) == "Zs") + "\t"
"""Spaces of every width, the no-break ones among them, and the tab."""

JOINERS = "\u200c\u200d"  # written inside words of Persian and several Indic scripts
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and a symbol by category, and blank to the eye: of Hangul, and Braille's cell without dots."""
MARKS = "\u200e\u200f\u061c"
"""Marks of the writing direction, which keyboards add by themselves and which show nothing."""

UNSEEN = "".join(
    map(chr, (0x034F, 0x17B4, 0x17B5, *range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Marks that show nothing of their own (Unicode, Default_Ignorable_Code_Point): joiners and selectors of shapes."""

_OVERRIDE = "\u202e"  # turns letters round to the eye, and is on no keyboard
_DIRECTIONS = MARKS + "\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069"
INVISIBLE_ENDS = "\u200b\u2060\ufeff\u00ad\u180e" + JOINERS + _DIRECTIONS + UNSEEN
EVERY_DIRECTION = _DIRECTIONS + _OVERRIDE

APOSTROPHES = "`\u00b4\u2032\u2035\u201b\uff07"
"""Signs beside the apostrophe's key, or printed like one: never wanted for themselves in a name."""
CURLY_APOSTROPHES = "\u2018\u2019\u02bc"
DASHES = "\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
HYPHENS = "\u2010\u2011"
QUOTES = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02"

_NAMES = {
    " ": "space",
    "\t": "tab",
    ",": "comma",
    ".": "full-stop",
    ":": "colon",
    ";": "semicolon",
    '"': "quotation-mark",
    "'": "apostrophe",
    **dict.fromkeys("\n\r\x0b\x0c\u2028\u2029\x85", "line-break"),
    "\x00": "null",
    "\u00a0": "no-break-space",
    "\u00ad": "soft-hyphen",
    "\ufeff": "byte-order-mark",
}


def sign_name(char: str) -> str:
    """Returns a sign as a sentence names it: itself if people can see which it is, else its name."""
    if char in _NAMES:
        return sentence(f"signs.{_NAMES[char]}")
    name = unicodedata.name(char, "").lower()
    if not char.isprintable() or char.isspace() or char in FILLERS or unicodedata.category(char) in {"Mn", "Me"}:
        number = f"U+{ord(char):04X}"
        if not name:
            return sentence("fields.control-character", number=number)
        return sentence(f"named-sign.{_article(name)}", name=name, number=number)
    # A letter of another script can look like one of ours.
    return (
        f"{char} ({name.capitalize()})"
        if unicodedata.category(char)[0] in "LM" and not char.isascii() and name
        else char
    )


def _article(name: str) -> str:
    return "an" if name[0] in "aeiou" else "a"
