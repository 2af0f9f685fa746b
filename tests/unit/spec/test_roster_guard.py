"""spec/roster_guard.tla is what the code does: every step of the model, taken by the real code, leads to its state."""

from collections.abc import Hashable

import pytest

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
    taken = 0
    for beginning in model.beginnings():
        for walk in explore(beginning).walks(alike):
            roster = RosterUnderTest(beginning, walk)
            for number, edge in enumerate(walk, 1):
                roster.take(edge)
                assert not roster.seen(edge.after), [(each.name, each.number) for each in walk[:number]]
            roster.end()
            taken += len(walk)
    assert taken > 1000, "the negative control: a model without steps shows nothing"
