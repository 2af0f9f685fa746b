"""Cells of a booking that an administrator typed: read as the forms read them, and refused in the same sentence."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.bookings.model.attendee import Attendee, can_be_mailed
from shared.bookings.tables.attendee_rows import read_attendee
from shared.bookings.tables.cells.visible_text import visible_text
from shared.fields.email_address import read_email_address
from shared.fields.person_name import read_person_name
from shared.fields.reading import ReadingError
from shared.normalised_address import normalised_address
from shared.tables.table import Row
from tests.builders import ROOT
from tests.every_row import every_row

TABLES = ROOT / "tests" / "unit" / "shared" / "fields"
NO_EMAIL = "Email is not one address, so no email can be sent."


def typed(name: str) -> list[str]:
    rows = tomllib.loads(Path(TABLES / f"{name}.toml").read_text("utf-8"))[name]
    return [row["typed"] for row in rows]


def attendee_with(**cells: str) -> Attendee:
    good = {"PartitionKey": "s1", "RowKey": "a", "State": "confirmed", "Name": "Ann", "Email": "ann@nhs.net"}
    return read_attendee(Row(good | cells, ""))


def refusal(read: Callable[[str], str], text: str) -> str:
    try:
        read(text)
    except ReadingError as error:
        return error.sentence
    return ""


@every_row("text", typed("names"))
def test_name_is_read_as_the_forms_read_it(text: str) -> None:
    """A booking without a name is no problem."""
    attendee, refused = attendee_with(Name=text), refusal(read_person_name, text)

    assert attendee.cell_problems == (f"{refused}." if refused and visible_text(text) else "")
    assert attendee.name == visible_text(attendee.name) if refused else attendee.name == read_person_name(text)


@every_row("text", typed("addresses"))
def test_address_is_read_as_the_forms_read_it(text: str) -> None:
    attendee, refused = attendee_with(Email=text), refusal(read_email_address, text)

    said = f"{NO_EMAIL} {refused}." if visible_text(text) else NO_EMAIL
    assert attendee.cell_problems == (said if refused else "")
    assert can_be_mailed(attendee.email) == (not refused)
    assert refused or attendee.email == read_email_address(text)


@pytest.mark.parametrize(
    ("cell", "person"),
    [
        ("mailto:ann@nhs.net", "ann@nhs.net"),
        ("<Ann+x@NHS.net>", "ann@nhs.net"),
        ("o\u2019neil@nhs.net.", "o'neil@nhs.net"),
    ],
)
def test_person_is_the_one_that_the_cell_means(cell: str, person: str) -> None:
    assert normalised_address(attendee_with(Email=cell).email) == person


def test_name_that_is_refused_is_used_all_the_same() -> None:
    assert attendee_with(Name="Ann / Ben").name == "Ann / Ben"


def test_everything_that_is_wrong_is_said() -> None:
    said = attendee_with(Name="<b>", Email="a@b, c@d.ef", State="conf").cell_problems

    assert "State was" in said
    assert "Name must not include <." in said
    assert NO_EMAIL in said
