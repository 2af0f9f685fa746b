"""The form of an address by which a person is recognised: row keys are made of it, so it never changes."""

import string

from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from shared.fields import email_address
from shared.fields.email_address import is_email_address, read_email_address
from shared.normalised_address import normalised_address
from tests.every_row import every_row

# As the service stored them before addresses were read more kindly, with the form that their row keys were made of.
STORED = {
    "ann@nhs.net": "ann@nhs.net",
    "Ann@example.nhs.uk": "ann@example.nhs.uk",
    "ann+x@nhs.net": "ann@nhs.net",
    "Ann.Smith+a+b@nhs.net": "ann.smith@nhs.net",
    "o'neil@nhs.net": "o'neil@nhs.net",
    "`ann`@nhs.net": "`ann`@nhs.net",
    "{ann}@nhs.net": "{ann}@nhs.net",
    "'ann'@nhs.net": "'ann'@nhs.net",
    "/ann?x=1@nhs.net": "/ann?x=1@nhs.net",
    "a|b@nhs.net": "a|b@nhs.net",
    "a/b@nhs.net": "a/b@nhs.net",
    "!#$%&*~^_@nhs.net": "!#$%&*~^_@nhs.net",
    "mailto@nhs.net": "mailto@nhs.net",
    "ann@xn--mller-kva.example.org": "ann@xn--mller-kva.example.org",
    "I@EXAMPLE.org": "i@example.org",
}
FORMULA_STARTS = "=+-"


@every_row("stored, form", STORED.items())
def test_stored_address_has_the_form_that_it_had(stored: str, form: str) -> None:
    assert normalised_address(stored) == form
    assert read_email_address(stored).casefold() == stored.casefold()
    assert normalised_address(read_email_address(stored)) == form


local_parts = st.text(st.sampled_from(string.ascii_letters + string.digits + "!#$%&'*+-/=?^_`{|}~."), min_size=1)
domains = st.sampled_from(
    ["nhs.net", "Example.NHS.uk", "müller.example.org", "a.b.c.co.uk", "xn--mller-kva.example.org"]
)


@given(local_parts, domains)
def test_address_that_could_be_stored_before_is_read_as_it_was(local: str, domain: str) -> None:
    try:
        before = validate_email(
            f"{local}@{domain}", allow_smtputf8=False, check_deliverability=False, strict=True
        ).ascii_email
    except EmailNotValidError:
        return
    assert before is not None
    if local[0] in FORMULA_STARTS:  # refused from now on: its row keeps its place, and says so in Problem
        assert not is_email_address(before)
    else:
        assert read_email_address(before) == read_email_address(f"{local}@{domain}") == before


words = st.text(st.sampled_from("abz019xnAZ"), min_size=1, max_size=30)
ordinary = st.builds(
    "{}{}{}@{}{}{}.{}".format,
    words,
    st.sampled_from([".", "_", "'", "+", "-", "..", ""]),
    words,
    words.map(str.lower),
    st.sampled_from([".", "-", "--", ""]),
    words.map(str.lower),
    st.sampled_from(["uk", "net", "com", "org"]),
)


@given(ordinary)
@example("a@xn--a.com")
@example(f"{'a' * 64}@{'a' * 59}.com")
@example(f"{'a' * 65}@nhs.uk")
@example(f"a@{'a' * 60}.{'b' * 10}.uk")
@example("a@example.com")
@example("a@1.com")
def test_ordinary_address_is_what_the_library_makes_of_it(address: str) -> None:
    if email_address._ORDINARY.fullmatch(address):
        assert email_address._found(address) == address == read_email_address(address)


def test_most_addresses_are_ordinary() -> None:
    assert all(
        map(email_address._ORDINARY.fullmatch, ["ann.smith@merseycare.nhs.uk", "o'neil@nhs.net", "a+b@gmail.com"])
    )
    assert not email_address._ORDINARY.fullmatch("-a@nhs.net")
