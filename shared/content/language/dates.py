"""Dates and times of this installation in words, in the language of one content.

English is written as the NHS writes it; any other language by the rules of Unicode's locale data (CLDR), with babel,
which is imported only then. A language that they do not have gets English dates.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Literal

from shared import local_time
from shared.content.language_pages import ENGLISH
from shared.local_time import zone

if TYPE_CHECKING:
    from babel import Locale


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates and times in the language with this tag (BCP 47); moments are aware and in UTC."""

    language: str = ENGLISH

    def day(self, day: date) -> str:
        """Returns Friday 8 September 2023."""
        locale = known_locale(self.language)
        return _date(day, "full", locale) if locale else local_time.date_in_words(day)

    def iso_day(self, day: str) -> str:
        """Returns Friday 8 September 2023 for 2023-09-08.

        Raises:
            ValueError: the text is not an ISO 8601 date.
        """
        return self.day(date.fromisoformat(day))

    def day_without_weekday(self, day: date) -> str:
        """Returns 8 September 2023."""
        locale = known_locale(self.language)
        return _date(day, "long", locale) if locale else local_time.date_without_weekday(day)

    def time(self, moment: datetime) -> str:
        """Returns the time here: 3pm, or 15:00 where clocks are read so."""
        locale = known_locale(self.language)
        return _time(moment, locale) if locale else local_time.clock_time(moment)

    def moment(self, moment: datetime) -> str:
        """Returns Friday 8 September 2023, 3pm."""
        locale = known_locale(self.language)
        if not locale:
            return local_time.moment_in_words(moment)
        day = _date(moment.astimezone(zone()), "full", locale)
        return str(locale.datetime_formats["medium"]).format(_time(moment, locale), day)

    def span(self, starts: datetime, ends: datetime) -> str:
        """Returns Friday 8 September 2023, 3pm to 4:15pm."""
        locale = known_locale(self.language)
        if not locale:
            return local_time.span_in_words(starts, ends)
        pattern = str(locale.interval_formats[None])
        return pattern.format(self.moment(starts), _time(ends, locale))


IN_ENGLISH = Dates()
_NO_NAME = "M01"  # what CLDR has in the place of a month that has no name yet


@cache
def known_locale(language: str) -> "Locale | None":
    """Returns what babel knows of a language; None for English, and for one of which it has not even the months."""
    if language == ENGLISH:
        return None
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  # 0.04 s that a site in English need not pay

    try:
        found = Locale.parse(language, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    return None if found.months["format"]["wide"][1] == _NO_NAME else found


def _date(day: date, length: Literal["full", "long"], locale: "Locale") -> str:
    from babel.dates import format_date  # noqa: PLC0415  # see above

    return format_date(day, length, locale=locale)


def _time(moment: datetime, locale: "Locale") -> str:
    from babel.dates import format_time  # noqa: PLC0415  # see above

    return format_time(moment, "short", tzinfo=zone(), locale=locale)
