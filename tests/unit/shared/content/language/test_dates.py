"""Dates and times in words: English as the NHS writes it, any other language by Unicode's data, and only then babel."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from shared import local_time
from shared.content.language.dates import IN_ENGLISH, Dates
from tests.builders import ROOT

MOMENT = datetime(2023, 9, 8, 14, tzinfo=UTC)  # 3pm in London
LATER = MOMENT + timedelta(minutes=75)


def test_english_is_written_as_the_nhs_writes_it() -> None:
    assert IN_ENGLISH.span(MOMENT, LATER) == "Friday 8 September 2023, 3pm to 4:15pm"
    assert IN_ENGLISH.moment(MOMENT) == local_time.moment_in_words(MOMENT)
    assert (IN_ENGLISH.time(datetime(2023, 9, 8, 11, tzinfo=UTC)), IN_ENGLISH.time(MOMENT)) == ("midday", "3pm")
    assert IN_ENGLISH.iso_day("2023-09-08") == IN_ENGLISH.day(date(2023, 9, 8)) == "Friday 8 September 2023"
    assert IN_ENGLISH.day_without_weekday(date(2023, 9, 8)) == "8 September 2023"


@pytest.mark.parametrize(
    ("language", "span", "day"),
    [
        ("cy", "Dydd Gwener, 8 Medi 2023 15:00 – 16:15", "8 Medi 2023"),
        ("ar", "الجمعة، 8 سبتمبر 2023، 3:00 م – 4:15 م", "8 سبتمبر 2023"),
        ("so", "Jimco, Sebtembar 8, 2023 3:00 GD – 4:15 GD", "Sebtembar 8, 2023"),
    ],
)
def test_another_language_is_written_by_its_own_rules_in_londons_time(language: str, span: str, day: str) -> None:
    dates = Dates(language)
    assert " ".join(dates.span(MOMENT, LATER).split()) == span
    assert dates.day_without_weekday(date(2023, 9, 8)) == day
    assert dates.iso_day("2023-09-08") in dates.moment(MOMENT)
    assert dates.time(MOMENT) in dates.moment(MOMENT)


@pytest.mark.parametrize("language", ["zz", "rhg", "abc-12345678"])
def test_a_language_without_such_data_has_english_dates(language: str) -> None:
    assert Dates(language).span(MOMENT, LATER) == IN_ENGLISH.span(MOMENT, LATER)


def test_what_is_no_day_is_no_day_in_any_language() -> None:
    for language in ("en", "cy"):
        with pytest.raises(ValueError, match="Invalid isoformat"):
            Dates(language).iso_day("soon")


def test_a_site_in_english_does_not_import_babel() -> None:
    code = (
        "import sys\n"
        "from tests.unit.functions.page_examples import show\n"
        "from tests import builders\n"
        "show('sessions', builders.content()); show('own booking', builders.content())\n"
        "assert 'jinja2' in sys.modules\n"
        "assert 'babel' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
