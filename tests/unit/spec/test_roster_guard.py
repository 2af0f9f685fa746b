"""spec/roster_guard.tla is what the code does: every step of the model, taken by the real code, leads to its state."""

from collections.abc import Hashable

import pytest

from shared.bookings.tables.repository import BookingRepository
from tests.unit.spec.roster_guard import Roster, RosterGuardModel, with_other_names
from tests.unit.spec.roster_under_test import RosterUnderTest
from tests.unit.spec.state_graph import Edge, explore


def alike(roster: Roster, edge: Edge[Roster]) -> Hashable:
    return edge.name, with_other_names(roster, edge.number)


@pytest.mark.parametrize(
    "model",
    [RosterGuardModel(people=2, max_edits=1), pytest.param(RosterGuardModel(), marks=pytest.mark.nightly)],
    ids=["two people, one edit or crash", "three people"],
)
def test_every_step_of_the_model_is_a_step_of_the_code(model: RosterGuardModel) -> None:
    assert [found for each in model.beginnings() if (found := difference(each))] == []


def test_a_place_given_by_a_capacity_that_was_edited_since_is_no_step_of_the_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(BookingRepository, "is_unchanged", lambda *_: True)

    assert "('Decide', 2)]" in difference(RosterGuardModel(people=2, capacity=1, max_edits=1))


def difference(model: RosterGuardModel) -> str:
    """The first step after which the code is not where the model is, with the steps before it; "" if it always is."""
    for walk in explore(model).walks(alike):
        roster = RosterUnderTest(model, walk)
        for number, edge in enumerate(walk, 1):
            roster.take(edge)
            if unlike := roster.seen(edge.after):
                return f"{unlike} after {[(each.name, each.number) for each in walk[:number]]}"
        roster.end()
    return ""
