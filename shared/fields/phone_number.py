"""A phone number on which a person can be reached, as people type it."""

import re
import unicodedata
from typing import TYPE_CHECKING

from shared.fields.reading import ReadingError, check_encodable, check_length
from shared.fields.signs import BLANKS, DASHES, EVERY_DIRECTION, HYPHENS, INVISIBLE_ENDS, SPACES, sign_name
from shared.installation.here import here
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

PHONE_LENGTH = 40

_FORMAT = sentence("fields.phone.format")
_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_FOLDED = str.maketrans(
    _FULL_WIDTH
    | dict.fromkeys(SPACES, " ")
    | dict.fromkeys(DASHES + HYPHENS, "-")
    | dict.fromkeys(EVERY_DIRECTION + INVISIBLE_ENDS)
)
_SIGNS = frozenset("0123456789+()[]-./ ")
_SCHEME = "tel:"
# As people announce an extension; the number of digits is limited so that no second number is taken for one.
_EXTENSION = re.compile(
    r"(?:[,;] ?){0,3}(?:\b(?:extension|extn|ext|int|anexo)|x|#|,,|;)[.:=]? ?[0-9]{1,7}#?", re.IGNORECASE
)
_LEAST, _MOST = 7, 18  # digits: a number has at most 15 (ITU-T E.164), and up to three more to dial abroad


def read_phone_number(text: str) -> str:
    """Returns the number as it was typed, with ASCII digits and signs and without what shows nothing.

    A number without a country's code is one of the country of this installation.

    Raises:
        ReadingError: no phone can be reached under it, or it is not one number. The sentence names what is wrong.
    """
    check_length(text, PHONE_LENGTH, sentence("fields.phone.label"))
    check_encodable(text)
    number = _tidied(text)
    if len(number) > PHONE_LENGTH:
        raise _wrong(sentence("fields.phone.too-long", limit=PHONE_LENGTH))
    main = _without_extension(number)
    _check_signs(main)
    _check_digits(main)
    if not _is_reachable(main):
        raise _wrong(sentence("fields.phone.unreachable"))
    return number


def _tidied(text: str) -> str:
    folded = "".join(map(_ascii_digit, text.translate(_FOLDED))).strip(BLANKS)
    return folded[len(_SCHEME) :].lstrip() if folded[: len(_SCHEME)].casefold() == _SCHEME else folded


def _ascii_digit(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _without_extension(number: str) -> str:
    found = next((each for each in _EXTENSION.finditer(number) if each.end() == len(number)), None)
    main = number[: found.start()].rstrip(" -") if found else number
    if found and not main:
        raise _wrong(sentence("fields.phone.extension-alone"))
    return main


def _check_signs(main: str) -> None:
    if not any(char.isdecimal() for char in main):
        raise ReadingError("phone_format", _FORMAT)
    if found := next((char for char in main if char not in _SIGNS), ""):
        raise _wrong(sentence("fields.includes", sign=sign_name(found)))


def _check_digits(main: str) -> None:
    digits = sum(char.isdecimal() for char in main)
    if digits < _LEAST:
        raise _wrong(sentence("fields.phone.too-few-digits"))
    if digits > _MOST:
        raise _wrong(sentence("fields.phone.too-many-digits"))


def _is_reachable(main: str) -> bool:
    """True if it is in use by the tables, or could be: they know newly opened ranges only months later."""
    import phonenumbers  # noqa: PLC0415  # only a form that asks for a number needs its tables

    try:
        number = phonenumbers.parse(main, here().phone_region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number) or _is_like_a_mobile(number)


def _is_like_a_mobile(number: "PhoneNumber") -> bool:
    """True if it has a first digit that numbers of its country have, and as many as a mobile phone's there."""
    import phonenumbers  # noqa: PLC0415  # see above

    region = phonenumbers.region_code_for_country_code(number.country_code or 0)
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    rules = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    if example is None or rules is None or rules.general_desc is None:
        return False
    digits, others = map(phonenumbers.national_significant_number, (number, example))
    return len(digits) == len(others) and bool(re.fullmatch(rules.general_desc.national_number_pattern or "", digits))


def _wrong(what: Sentence) -> ReadingError:
    return ReadingError("phone_format", sentence("fields.with-advice", said=_FORMAT, advice=what))
