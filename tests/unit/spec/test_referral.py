"""spec/referral.tla is what the code does: every step of the model, taken by the real code, leads to its state."""

from collections.abc import Callable, Hashable, Iterable

import pytest

from shared.referrals import transitions
from shared.referrals.repository import ReferralRepository
from tests.unit.spec.referral import Life, ReferralModel
from tests.unit.spec.referral_under_test import ReferralUnderTest
from tests.unit.spec.state_graph import Edge, explore

WITH_A_FAULT = ReferralModel(reports=("delivered",), max_redrives=0, max_faults=1)
BOUNCED = ReferralModel(reports=("delivered", "bounced"), max_redrives=0, max_faults=1)


def alike(life: Life, edge: Edge[Life]) -> Hashable:
    """The step, and what decides which way the code goes."""
    steps = tuple(each.step for each in life.forwarders)
    return edge.name, edge.number, life.state, life.last_error, life.erased_on, life.sealed, life.eraser, steps


def each_by_itself(life: Life, edge: Edge[Life]) -> Hashable:
    return life, edge


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        pytest.param(ReferralModel(), alike, id="reports and failures"),
        pytest.param(WITH_A_FAULT, alike, id="a crash or an edit"),
        pytest.param(ReferralModel(), each_by_itself, id="every step", marks=pytest.mark.nightly),
        pytest.param(BOUNCED, each_by_itself, id="every step with a crash or an edit", marks=pytest.mark.nightly),
        pytest.param(ReferralModel(workers=2), each_by_itself, id="every step of two", marks=pytest.mark.nightly),
    ],
)
def test_every_step_of_the_model_is_a_step_of_the_code(
    model: ReferralModel, kind: Callable[[Life, Edge[Life]], Hashable], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transitions, "MAX_REDRIVES", model.max_redrives)
    assert difference(explore(model).walks(kind)) == ""


def test_an_erasure_that_is_taken_back_and_goes_on_is_no_step_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReferralRepository, "renew_sealed", lambda *_: None)

    assert "eraser is status.merge" in difference(explore(WITH_A_FAULT).walks(alike))


def difference(walks: Iterable[list[Edge[Life]]]) -> str:
    """The first step after which the code is not where the model is, with the steps before it; "" if it always is."""
    for walk in walks:
        referral = ReferralUnderTest()
        for number, edge in enumerate(walk, 1):
            referral.take(edge)
            if unlike := referral.seen(edge.after):
                return f"{unlike} after {[(each.name, each.number) for each in walk[:number]]}"
        referral.end()
    return ""
