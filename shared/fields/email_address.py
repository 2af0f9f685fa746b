"""One email address, as people type and paste it."""

import re
import string

from shared.fields.reading import ReadingError, check_encodable, check_length, too_long
from shared.fields.signs import (
    BLANKS,
    CURLY_APOSTROPHES,
    DASHES,
    EVERY_DIRECTION,
    HYPHENS,
    INVISIBLE_ENDS,
    sign_name,
)
from shared.wording.sentences import sentence
from shared.wording.translation import Sentence

EMAIL_LENGTH = 254  # RFC 5321, section 4.5.3.1.3, without the angle brackets

# Addresses that are right as they are: rosters are read often, and the library's look takes a hundred times as long.
_ORDINARY = re.compile(
    r"(?=[^@]{1,64}@.{1,63}\Z)[A-Za-z0-9]+(?:[._'+-][A-Za-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+(?:uk|net|com|org)"
)

_FORMAT = sentence("fields.email.format")
_LABEL = sentence("fields.email.label")

_FULL_WIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_FOLDED = str.maketrans(
    _FULL_WIDTH
    | dict.fromkeys(CURLY_APOSTROPHES + "\u00b4\u2032\u201b", "'")
    | dict.fromkeys(DASHES + HYPHENS, "-")
    | dict.fromkeys("\u3002\uff61", ".")  # the full stops of Chinese and Japanese keyboards
)
_ENDS = BLANKS + INVISIBLE_ENDS + EVERY_DIRECTION
# Signs around an address that no address begins or ends with, as they come with it from a letter or a list.
_BEFORE, _AFTER = _ENDS + '<([,;"\u201c\u201d\u00ab', _ENDS + '>)],;."\u201c\u201d\u00bb'
_SCHEME = "mailto:"
_BETWEEN = str.maketrans(dict.fromkeys(",;|/<>()[]" + BLANKS, " "))
_FORMULA_STARTS = "=+-@"  # with which a cell of the exported roster would be calculated (OWASP, CSV injection)
_LOCAL = frozenset(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~.")  # RFC 5322, section 3.2.3
_LOCAL_LENGTH = 64  # RFC 5321, section 4.5.3.1.1


def masked_address(address: str) -> str:
    """Returns the address with only the first letter before the @: others may see the screen."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}***@{domain}"


def read_email_address(text: str) -> str:
    """Returns the address in ASCII, its domain in lower case and in IDNA form.

    Dropped are `mailto:` and what follows it after a question mark, brackets and quotation marks around the address,
    punctuation after it, and what shows nothing at both ends. A name beside the address is not dropped: which of the
    two was meant to be typed is for the person to say. Nor is a single apostrophe before it: addresses may begin so.

    Raises:
        ReadingError: there is no address or there are several, or a sign or a part of it is wrong. The sentence names
            the sign or the part.
    """
    check_length(text, EMAIL_LENGTH, _LABEL)
    if _ORDINARY.fullmatch(text):
        return text
    check_encodable(text)
    if not text.strip(_ENDS):
        raise ReadingError("email_missing", sentence("messages.booking.email"))
    address = _tidied(text)
    if not address:
        raise ReadingError("email_format", _FORMAT)
    _check_number(address)
    _check_parts(address)
    return _validated(address)


def is_email_address(text: str) -> bool:
    """True if this is one address, and nothing beside it."""
    try:
        return bool(read_email_address(text))
    except ReadingError:
        return False


def _tidied(text: str) -> str:
    address = _unwrapped(text.translate(_FOLDED))
    if address[: len(_SCHEME)].casefold() == _SCHEME:
        local, at, rest = address[len(_SCHEME) :].removeprefix("//").partition("@")
        address = _unwrapped(f"{local}{at}{rest.partition('?')[0]}")
    return address


def _unwrapped(text: str) -> str:
    alone = text.lstrip(_BEFORE).rstrip(_AFTER)
    return alone[1:-1] if len(alone) > 2 and alone[0] == alone[-1] == "'" else alone


def _check_number(address: str) -> None:
    parts = address.translate(_BETWEEN).split()
    if sum("@" in part.strip("@") for part in parts) > 1:
        raise ReadingError("email_one", sentence("fields.email.one"))


def _check_parts(address: str) -> None:
    if address[0] in _FORMULA_STARTS:
        raise _wrong(sentence("fields.begins-with", sign=address[0]))
    if "<" in address:
        raise _wrong(sentence("fields.email.name-beside"))
    local, at, domain = address.partition("@")
    if found := next((char for char in local if char not in _LOCAL), ""):
        raise _wrong(sentence("fields.includes", sign=sign_name(found)))
    if not at:
        raise _wrong(sentence("fields.email.no-at"))
    if found := next((char for char in domain if not _is_of_a_domain(char)), ""):
        raise _wrong(_not_of_a_domain(found))
    if "." not in domain:
        raise _wrong(sentence("fields.email.no-dot"))
    if len(local) > _LOCAL_LENGTH:
        raise _wrong(sentence("fields.email.local-too-long", limit=_LOCAL_LENGTH))


def _not_of_a_domain(char: str) -> Sentence:
    return sentence("fields.email.two-ats") if char == "@" else sentence("fields.includes", sign=sign_name(char))


def _is_of_a_domain(char: str) -> bool:
    # The library decides on letters of other scripts; what it drops in silence, such as a soft hyphen, is refused here.
    return char.isalnum() or char in "-." or (ord(char) > 0x2FF and char.isprintable() and not char.isspace())


def _validated(address: str) -> str:
    found = _found(address)
    if not found:
        after = bool(_found(f"a@{address.rpartition('@')[2]}"))
        raise _wrong(sentence("fields.email.check-before") if after else sentence("fields.email.check-after"))
    if len(found) > EMAIL_LENGTH:
        raise too_long(EMAIL_LENGTH, _LABEL)
    return found


def _found(address: str) -> str:
    # Imported late: it takes 0.1 s, and only a form needs it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # see above

    try:
        return validate_email(address, allow_smtputf8=False, check_deliverability=False, strict=True).ascii_email or ""
    except EmailNotValidError:
        return ""


def _wrong(what: Sentence) -> ReadingError:
    return ReadingError("email_format", sentence("fields.with-advice", said=_FORMAT, advice=what))
