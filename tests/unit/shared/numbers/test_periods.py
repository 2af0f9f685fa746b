"""Months and quarters are those of London."""

from datetime import date, timedelta

from shared.numbers.periods import Month, Quarter
from tests.builders import london

KEPT = timedelta(days=90)


def test_a_month_is_that_of_the_day_in_london() -> None:
    month = Month.of(london("2023-10-01 00:30"))

    assert (month.key, month.in_words) == ("2023-10", "October 2023")
    assert Month.of(london("2023-09-30 23:30")).key == "2023-09"


def test_a_month_is_complete_a_day_after_its_last_day_and_final_when_no_booking_of_it_is_kept() -> None:
    month = Month(date(2023, 12, 1))

    assert [month.is_complete(london(each)) for each in ("2024-01-01 23:59", "2024-01-02 00:00")] == [False, True]
    assert [month.is_final(KEPT, london(each)) for each in ("2024-03-30 23:59", "2024-03-31 00:00")] == [False, True]
    assert month.corrected_until(KEPT) == "30 March 2024"


def test_the_last_quarter_that_is_over_is_the_one_before_the_present_one() -> None:
    quarter = Quarter.last_over(london("2024-02-10 12:00"))

    assert (quarter.key, quarter.in_words) == ("2023-10", "October to December 2023")
    assert Quarter.last_over(london("2023-10-01 00:00")).in_words == "July to September 2023"
    assert Quarter.of(date(2023, 9, 30)) == Quarter.of(date(2023, 7, 1)) != Quarter.of(date(2023, 10, 1))
