"""What people type about themselves: what is taken, tidied and refused, and in which words."""

import unicodedata

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.fields.field_types import EmailAddress, FullName, PhoneNumber
from shared.normalised_address import normalised_address

FORMAT = "Enter an email address in the correct format, like name@example.com"
LETTERS = "Name must only include letters, spaces, hyphens, apostrophes and full stops"
LINK = "Name must not include a web address; put a space after a full stop"

NAME: TypeAdapter[str] = TypeAdapter(FullName)
EMAIL: TypeAdapter[str] = TypeAdapter(EmailAddress)
PHONE: TypeAdapter[str] = TypeAdapter(PhoneNumber)


def refusal(adapter: TypeAdapter[str], text: str) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(text)
    return caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "name",
    [
        "Zoë",
        "Ọ́káfọ̀ Adébáyọ̀",
        "李",
        "أحمد",
        "O’Neill-Smith",
        "O'Neil",
        "J. R. R. Tolkien",
        "‘Abd al-Rahman",
        "می‌نا",
        "Ann",
    ],
)
def test_a_name_in_any_script_is_kept(name: str) -> None:
    assert NAME.validate_python(f"  {name} ") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u3164", "\ufeff \u2060"])
def test_a_name_that_shows_nothing_is_missing(name: str) -> None:
    assert refusal(NAME, name) == "Enter your name"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Ann\r\nBcc: x@y.z",
            "Ann\x00",
            "Ann\x0bSmith",
            "Ann\u202e",
            "Ann\u200bSmith",
            "Ann\u2066",
            "Ann 2",
            "-",
            "...",
        ),
        *(
            "=HYPERLINK(1)",
            "+1",
            "@x",
            "-2+3",
            "\t=1",
            "https://evil.example",
            "<b>",
            "{{7*7}}",
            "Ann/Smith",
            "Ann‍ Smith",
        ),
    ],
)
def test_a_name_with_anything_else_in_it_is_refused(name: str) -> None:
    assert refusal(NAME, name) == LETTERS


@pytest.mark.parametrize("name", ["visit evil.example", "www.evil.com", "t.co"])
def test_a_name_that_a_mail_programme_would_make_a_link_is_refused(name: str) -> None:
    assert refusal(NAME, name) == LINK


def test_a_name_has_at_most_a_hundred_characters() -> None:
    assert NAME.validate_python("a" * 100) == "a" * 100
    assert refusal(NAME, "a" * 101) == "Name must be 100 characters or fewer"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Ann@Example.NHS.uk ", "Ann@example.nhs.uk"),
        ("\u200bann@nhs.net\u200b", "ann@nhs.net"),
        ("ann@nhs．net", "ann@nhs.net"),
        ("o'neil@nhs.net", "o'neil@nhs.net"),
        ("ann+x@nhs.net", "ann+x@nhs.net"),
    ],
)
def test_an_address_is_tidied(typed: str, kept: str) -> None:
    assert EMAIL.validate_python(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "plainaddress",
            "@nhs.net",
            "a@@nhs.net",
            "a@nhs",
            "Ann <ann@nhs.net>",
            "ann@nhs.net\r\nBcc: x",
            "аnn@nhs.net",
        ),
        *("ann@nhs .net", "an\u200bn@nhs.net", f"{'a' * 65}@nhs.net", f"ann@{'a' * 310}.net", '"quoted"@nhs.net'),
        *("ann@[127.0.0.1]", "ann@nhs.net.", "."),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    assert refusal(EMAIL, typed) == FORMAT


@pytest.mark.parametrize("typed", ["a@nhs.net,b@nhs.net", "a@nhs.net;b@nhs.net", "a@nhs.net b@nhs.net"])
def test_two_addresses_are_one_too_many(typed: str) -> None:
    assert refusal(EMAIL, typed) == "Enter one email address"


@pytest.mark.parametrize("typed", ["", "  ", "\u200b"])
def test_no_address_is_missing(typed: str) -> None:
    assert refusal(EMAIL, typed) == "Enter your email address"


@pytest.mark.parametrize("typed", ["07700 900 123", "+44 7700 900123", "(0151) 496 0000", "+33 6 12 34 56 78"])
def test_a_number_in_any_format_is_kept_as_typed(typed: str) -> None:
    assert PHONE.validate_python(typed) == typed


@pytest.mark.parametrize("typed", ["call me", "123", "", "07700 900 123 or after six", "0" * 50])
def test_what_cannot_be_a_number_is_refused(typed: str) -> None:
    assert refusal(PHONE, typed).startswith("Enter a phone number")


@pytest.mark.parametrize("adapter", [NAME, EMAIL, PHONE])
def test_lone_surrogate_is_refused(adapter: TypeAdapter[str]) -> None:
    assert refusal(adapter, "\ud800")


def test_a_tag_and_capitals_make_no_other_person() -> None:
    assert normalised_address("Ann+x@NHS.net") == normalised_address("ann@nhs.net") == "ann@nhs.net"
