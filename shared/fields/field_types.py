"""What people type about themselves: names, e-mail addresses, phone numbers and free text, checked and tidied."""

import re
import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.fields import field_schemas as schemas

NAME_LENGTH = 100
EMAIL_LENGTH = 254
PHONE_LENGTH = 40

_INVISIBLE_ENDS = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_JOINERS = "\u200c\u200d"  # written inside words of Persian and several Indic scripts
_FILLERS = "\u115f\u1160\u3164\uffa0"  # letters by category, and blank to the eye
_NAME_MARKS = " .'-\u2019\u2018\u02bc\u2010\u2011\u00b7"
_LINK = re.compile(r"\.[^\W\d_]{2,}")


def _refuse(code: str, message: str) -> PydanticCustomError:
    # A code and a sentence of our own: never the value, which would end up in logs and error bodies.
    return PydanticCustomError(code, message)


def _trimmed(text: str) -> str:
    return text.strip().strip(_INVISIBLE_ENDS).strip()


def _encodable(text: str) -> str:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise _refuse("text_encoding", "Enter text that can be read") from None
    return text


def _letter(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" and char not in _FILLERS


def _allowed_in_name(text: str, place: int) -> bool:
    char = text[place]
    if char in _JOINERS:
        return 0 < place < len(text) - 1 and _letter(text[place - 1]) and _letter(text[place + 1])
    return _letter(char) or char in _NAME_MARKS


def _full_name(text: str) -> str:
    name = unicodedata.normalize("NFC", _trimmed(text))
    if not name.strip(_FILLERS + _INVISIBLE_ENDS):
        raise _refuse("name_missing", "Enter your name")
    if len(name) > NAME_LENGTH:
        raise _refuse("name_length", f"Name must be {NAME_LENGTH} characters or fewer")
    if not _is_a_name(name):
        raise _refuse("name_characters", "Name must only include letters, spaces, hyphens, apostrophes and full stops")
    if _LINK.search(name):  # a mail programme would turn it into a link in a mail that we send
        raise _refuse("name_characters", "Name must not include a web address; put a space after a full stop")
    return name


def _is_a_name(name: str) -> bool:
    allowed = all(_allowed_in_name(name, place) for place in range(len(name)))
    return allowed and any(map(_letter, name)) and _starts_like_a_name(name)


def _starts_like_a_name(name: str) -> bool:
    # Anything else at the front is a formula to a spreadsheet that opens the exported roster.
    return _letter(name[0]) or name[0] in "'\u2019\u2018\u02bc"


def _email_address(text: str) -> str:
    # 0.1 s to import, and only a form needs it.
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # see above

    address = _trimmed(text)
    if not address:
        raise _refuse("email_missing", "Enter your email address")
    if re.search(r"[,;\s]\s*\S+@", address) and address.count("@") > 1:
        raise _refuse("email_one", "Enter one email address")
    try:
        found = validate_email(address, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError:
        found = None
    if found is None or found.ascii_email is None or len(found.ascii_email) > EMAIL_LENGTH:
        raise _refuse("email_format", "Enter an email address in the correct format, like name@example.com")
    return found.ascii_email


def _phone(text: str) -> str:
    import phonenumbers  # noqa: PLC0415  # only a form that asks for a number needs its tables

    number = _trimmed(text)
    try:
        possible = phonenumbers.is_possible_number(phonenumbers.parse(number, "GB"))
    except phonenumbers.NumberParseException:
        possible = False
    if not possible or len(number) > PHONE_LENGTH:
        raise _refuse("phone_format", "Enter a phone number, like 07700 900 982 or +44 7700 900 982")
    return number


def free_text(limit: int, label: str) -> AfterValidator:
    """Checks an answer in the person's own words: any script, at most `limit` characters, lines ended by a line feed.

    `label` begins the sentence that says what is wrong, as in "Adjustments must be 500 characters or fewer".
    """

    def check(text: str) -> str:
        tidy = _trimmed(_encodable(text).replace("\r\n", "\n").replace("\r", "\n"))
        if len(tidy) > limit:
            raise _refuse("text_length", f"{label} must be {limit:,} characters or fewer")
        if any(unicodedata.category(char) == "Cc" and char not in "\n\t" for char in tidy):
            raise _refuse("text_characters", f"{label} must not include control characters")
        return tidy

    return AfterValidator(check)


def one_line(limit: int, missing: str, label: str) -> AfterValidator:
    """Checks a short answer on one line that has to be given; `missing` is said where it was not, `label` as above."""

    def check(text: str) -> str:
        tidy = " ".join(_trimmed(_encodable(text)).split())
        if not tidy.strip(_FILLERS + _INVISIBLE_ENDS):
            raise _refuse("text_missing", missing)
        if len(tidy) > limit:
            raise _refuse("text_length", f"{label} must be {limit:,} characters or fewer")
        if any(unicodedata.category(char) == "Cc" for char in tidy):
            raise _refuse("text_characters", f"{label} must not include control characters")
        return tidy

    return AfterValidator(check)


def _agreed(value: object) -> object:
    if value is True or (isinstance(value, str) and value.strip().casefold() in {"yes", "on", "true"}):
        return True
    raise _refuse("agreement", "Select to confirm you agree")


def _yes_or_no(value: object) -> object:
    words = {"yes": True, "on": True, "true": True, "no": False, "off": False, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().casefold() in words:
        return words[value.strip().casefold()]
    raise _refuse("yes_or_no", "Select yes or no")


FullName = Annotated[str, AfterValidator(_encodable), AfterValidator(_full_name), schemas.full_name(NAME_LENGTH)]
"""1 to 100 characters in any script, NFC; no control, direction or invisible characters, no link, no formula."""

EmailAddress = Annotated[str, AfterValidator(_encodable), AfterValidator(_email_address), schemas.email(EMAIL_LENGTH)]
"""One ASCII address, its domain in lower case and IDNA form, as `email-validator` normalises it."""

PhoneNumber = Annotated[str, AfterValidator(_encodable), AfterValidator(_phone), schemas.phone(PHONE_LENGTH)]
"""Any format that can be a number when dialled from the United Kingdom; kept as typed."""

Agreed = Annotated[Literal[True], BeforeValidator(_agreed), schemas.one_of(True, "yes", "on", "true")]
YesOrNo = Annotated[
    bool, BeforeValidator(_yes_or_no), schemas.one_of(True, False, "yes", "no", "on", "off", "true", "false")
]

SubmissionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")]
"""Made once for each form that is handed out, so that sending it twice is known to be one submission."""
