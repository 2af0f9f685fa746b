"""The note of an opening: the day, once, and a colleague is told of it."""

from datetime import timedelta

import pytest

from shared.referrals import transitions
from shared.referrals.collection.opening_note import note_opening
from shared.referrals.repository import ReferralRepository
from tests.builders import MORNING
from tests.fakes import FAULTS, Crash, Fault, InjectedFault, with_fault
from tests.unit.shared.referrals.collection.provider_desk import ProviderDesk

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> ProviderDesk:
    desk = ProviderDesk()
    desk.come(2)
    return desk


def test_who_opens_it_first_is_told_of_no_one_and_every_later_one_of_the_first(desk: ProviderDesk) -> None:
    first, second = desk.references

    assert desk.enter(first).opened_before == ""
    assert desk.open(second).opened_before == ""
    assert desk.enter(first, MORNING + DAY).opened_before == "2023-09-01"
    assert desk.enter(second, MORNING + 2 * DAY).opened_before == "2023-09-01"
    assert [desk.of(each).opened_on for each in desk.references] == ["2023-09-01"] * 2


def test_of_two_who_open_it_at_the_same_moment_one_is_told_of_the_other(desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_both_read_it = desk.of(first)

    told = [note_opening(desk.repository(), as_both_read_it, MORNING) for _ in range(2)]

    assert told == ["", "2023-09-01"]


def test_a_row_that_changes_meanwhile_is_noted_all_the_same(desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_read = desk.of(first)
    desk.set(first, Warned=1)

    assert note_opening(desk.repository(), as_read, MORNING) == ""
    assert desk.of(first).opened_on == "2023-09-01"


@pytest.mark.parametrize("cells", [transitions.acknowledged_after_opening, transitions.set_aside, transitions.kept])
def test_one_that_a_colleague_has_dealt_with_meanwhile_is_left_alone(cells: object, desk: ProviderDesk) -> None:
    first = desk.references[0]
    as_read = desk.of(first)
    desk.set(first, **cells(as_read, MORNING))  # type: ignore[operator]  # a transition
    before = desk.of(first)

    note_opening(desk.repository(), as_read, MORNING + DAY)

    assert desk.of(first) == before


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("at", range(3))
def test_no_fault_of_storage_keeps_the_answers_back(at: int, fault: Fault, desk: ProviderDesk) -> None:
    trouble = InjectedFault(at, fault)
    wrap = with_fault(trouble)
    store = ReferralRepository(wrap(desk.status), wrap(desk.sealed), wrap(desk.mail))
    referral = desk.of(desk.references[0])

    try:
        assert note_opening(store, referral, MORNING) in {"", "2023-09-01"}
    except Crash:
        assert fault.startswith("crash")
    assert desk.of(referral.reference).opened_on in {"", "2023-09-01"}
