"""No count from 1 to 4 is written, and none can be worked out from what is: ADR 27."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.numbers import suppression
from shared.numbers.suppression import FEWER, NOT_KNOWN, NOT_SHOWN, MonthCounts, published, published_month

MOST = 16
BEYOND = MOST + 10  # months that could have given the same row as one of up to `MOST`

type Triple = tuple[int, int, int | None]

KNOWN_BEFORE: Mapping[str, Callable[[int, int, int], bool]] = {
    "nothing": lambda _places, _booked, _attended: True,
    "nobody came who had not booked": lambda _, booked, attended: attended <= booked,
    "nobody booked or came beyond the places": lambda places, booked, attended: max(booked, attended) <= places,
    "both": lambda places, booked, attended: attended <= booked <= places,
}
COUNTS: Mapping[str, Callable[[int, int, int], int]] = {
    "places": lambda places, _booked, _attended: places,
    "booked": lambda _places, booked, _attended: booked,
    "attended": lambda _places, _booked, attended: attended,
    "places left over": lambda places, booked, _: abs(places - booked),
    "did not come": lambda _, booked, attended: abs(booked - attended),
    "places not used": lambda places, _, attended: abs(places - attended),
}


def month(**counts: int | None) -> MonthCounts:
    facts = {"sessions": 6, "places": 60, "booked": 40, "attended": 30, "cancelled": 7, "waited": 8} | counts
    return MonthCounts(**facts)  # type: ignore[arg-type]  # `attended` alone may be None


def row(places: int, booked: int, attended: int | None) -> tuple[object, ...]:
    cells = published_month(month(places=places, booked=booked, attended=attended))
    return cells["Places"], cells["Booked"], cells["Attended"]


def worked_out(known: Callable[[int, int, int], bool], *, with_attended: bool) -> Iterator[str]:
    """Counts and differences from 1 to 4 that are the same in every month which could have given a row."""
    possible: defaultdict[tuple[object, ...], list[tuple[int, int, int]]] = defaultdict(list)
    for places, booked, attended in itertools.product(
        range(BEYOND), range(BEYOND), range(BEYOND if with_attended else 1)
    ):
        if known(places, booked, attended):
            shown = row(places, booked, attended if with_attended else None)
            possible[shown].append((places, booked, attended))
    for shown, months in possible.items():
        if all(max(each) > MOST for each in months):
            continue
        for name, count in COUNTS.items():
            values = {count(*each) for each in months}
            if (
                len(values) == 1
                and 1 <= values.pop() < suppression.SMALLEST
                and (with_attended or "attend" not in name)
            ):
                yield f"{name} by {shown}"


@pytest.mark.parametrize("known", KNOWN_BEFORE)
def test_no_small_count_or_difference_can_be_worked_out_from_a_row(known: str) -> None:
    assert list(worked_out(KNOWN_BEFORE[known], with_attended=True)) == []


def test_nor_where_it_is_not_known_how_many_came() -> None:
    booked_within = KNOWN_BEFORE["nobody booked or came beyond the places"]
    told = [
        each for each in worked_out(booked_within, with_attended=False) if each.startswith(("places left", "booked"))
    ]

    assert told == []
    assert row(60, 40, None) == (60, 40, NOT_KNOWN)


def test_the_search_finds_a_rule_that_is_too_weak(monkeypatch: pytest.MonkeyPatch) -> None:
    both = KNOWN_BEFORE["both"]
    monkeypatch.setattr(suppression, "_are_near", lambda *_: False)

    assert any(each.startswith("did not come by") for each in worked_out(both, with_attended=True))


def test_a_usual_month_is_shown_and_what_would_tell_a_difference_is_not() -> None:
    assert published_month(month()) == {
        "Sessions": 6,
        "Places": 60,
        "Booked": 40,
        "Attended": 30,
        "Cancelled": 7,
        "Waited": 8,
    }
    assert row(60, 40, 38) == (60, 40, NOT_SHOWN), "2 did not come"
    assert row(60, 58, 40) == (NOT_SHOWN, 58, 40), "2 places were left"
    assert row(60, 60, 60) == (60, 60, 60), "nobody is in a difference of none"
    assert row(20, 10, 18) == (NOT_SHOWN, 10, 18), "2 places were not used"
    assert row(20, 6, 5) == (NOT_SHOWN, NOT_SHOWN, NOT_SHOWN), "of 6 all but fewer than 5 could only be 5"
    assert row(20, 6, 4) == (20, 6, FEWER)


small = st.integers(0, 4)
large = st.integers(5, 10_000)


@given(st.tuples(*[st.one_of(small, large)] * 6))
def test_every_small_count_is_written_in_words_and_none_as_a_number(counts: tuple[int, ...]) -> None:
    names = ("sessions", "places", "booked", "attended", "cancelled", "waited")
    given_counts = dict(zip(names, counts, strict=True))
    cells = published_month(MonthCounts(**given_counts))

    for name, count in given_counts.items():
        cell = cells[name.title()]
        assert cell in ((FEWER,) if count < 5 else (count, NOT_SHOWN))
        assert published(count) == (FEWER if count < 5 else count)
    assert FEWER == "fewer than 5"
    assert [cells[name] for name in ("Sessions", "Cancelled", "Waited")] == [
        published(given_counts[name]) for name in ("sessions", "cancelled", "waited")
    ]
