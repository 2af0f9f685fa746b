"""Two people at the provider's with one list, in any order: nothing is finished or erased that nobody had opened.

A proof acts on its own referral and on the email that its page was about, and on nothing else.
"""

import contextlib
from datetime import timedelta
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.referrals.errors import ProofError, ReferralGoneError
from shared.referrals.model import FINISHED, Progress, ReferralState
from tests.builders import MORNING
from tests.unit.shared.referrals.collection.provider_desk import ProviderDesk

REFERRALS = 3
type Worker = Literal[0, 1]
type Act = Literal["enter", "open", "acknowledge", "set_aside", "keep", "meanwhile", "day", "minutes"]

acts = st.tuples(
    st.sampled_from([*("open", "acknowledge", "set_aside") * 2, "enter", "keep", "meanwhile", "day", "minutes"]),
    st.integers(0, 1),
    st.integers(0, REFERRALS - 1),
    st.integers(0, REFERRALS - 1),
)


class TwoWorkers(ProviderDesk):
    """What each worker holds is noted here: sessions, and the proof and email version of each page they have open."""

    def __init__(self) -> None:
        super().__init__()
        self.come(REFERRALS)
        self.now = MORNING
        self.sessions = ["", ""]
        self.pages: list[dict[str, tuple[str, str]]] = [{}, {}]
        self.seen: set[tuple[str, str]] = set()
        self.said: dict[str, str] = {}

    def happen(self, act: Act, worker: int, place: int, with_proof_of: int) -> None:
        reference, other = self.references[place], self.references[with_proof_of]
        with contextlib.suppress(ReferralGoneError, ProofError):
            match act:
                case "enter":
                    self._note(worker, self.enter(reference, self.now))
                case "open":
                    token = self.token(other)
                    self._note(worker, self.waiting().open(token, self.sessions[worker], reference, self.now))
                case "acknowledge" | "set_aside":
                    self._finish(act, worker, reference, other)
                case "keep":
                    self._keep(worker, reference)
                case "meanwhile":  # seldom made by chance: a page that is open while a colleague has it sent again
                    self._note(worker, self.enter(reference, self.now))
                    self._note(1 - worker, self.enter(reference, self.now))
                    self._keep(1 - worker, reference)
                    self._finish("acknowledge", worker, reference, reference)
                case "minutes":
                    self.now += timedelta(minutes=11)
                case "day":
                    self.now += timedelta(days=1)
                    self.tick(self.now)
        self.check()

    def _note(self, worker: int, opened) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001  # an OpenedReferral
        reference = opened.referral.reference
        self.sessions[worker] = opened.session
        self.pages[worker][reference] = opened.proof, opened.referral.version
        self.seen.add((reference, opened.referral.version))

    def _finish(self, act: str, worker: int, reference: str, proof_of: str) -> None:
        proof, version = self.pages[worker].get(proof_of, ("", ""))
        before = self.of(reference)
        try:
            getattr(self.collector(), act)(self.token(reference), proof, self.now)
        except ProofError:
            assert self.of(reference) == before
            raise
        assert (proof_of, version) == (reference, before.version), "a proof acted on another referral or email"
        self.said[reference] = act

    def _keep(self, worker: int, reference: str) -> None:
        """Someone finishes it and has it kept, and it is sent again at once: pages that are open are of before."""
        with contextlib.suppress(ReferralGoneError, ProofError):
            self._finish("acknowledge", worker, reference, reference)
        version = self.of(reference).version
        self.acknowledging().keep(reference, self.now, version=version)
        if self.of(reference).version != version:
            del self.said[reference]
            self.tick(self.now)

    def check(self) -> None:
        for reference in self.references:
            referral = self.of(reference)
            is_kept = ("referrals", reference) in self.sealed.rows
            if referral.state in FINISHED:
                assert any(reference == seen for seen, _ in self.seen), "finished, and nobody had opened it"
                assert self.said[reference] == ("set_aside" if referral.is_set_aside else "acknowledge")
                assert (referral.progress is Progress.CONFIRMED) is not referral.is_set_aside
            assert is_kept or (referral.state is ReferralState.ERASED and referral.acknowledged_on)


@pytest.mark.parametrize(
    ("examples", "most"),
    [(40, 20), pytest.param(1500, 60, marks=pytest.mark.nightly)],
    ids=["short", "long"],
)
def test_in_any_order_nothing_is_finished_or_erased_that_nobody_opened(examples: int, most: int) -> None:
    @settings(
        max_examples=examples, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(happening=st.lists(acts, max_size=most))
    def lives(happening: list[tuple[Act, int, int, int]]) -> None:
        desk = TwoWorkers()
        for event in happening:
            desk.happen(*event)

    lives()


def test_two_who_enter_open_and_finish_everything_leave_nothing_waiting() -> None:
    """The machine above can reach the end: both kinds of finishing, and an erasure."""
    desk = TwoWorkers()
    for worker, place in ((0, 0), (1, 1)):
        desk.happen("enter", worker, place, place)
    desk.happen("open", 0, 2, 0)
    desk.happen("acknowledge", 0, 0, 0)
    desk.happen("acknowledge", 1, 2, 1)  # by the proof of another
    assert desk.of(desk.references[2]).state is ReferralState.SENT
    desk.happen("set_aside", 0, 2, 2)
    desk.happen("acknowledge", 1, 1, 1)
    assert [desk.of(each).state for each in desk.references] == ["acknowledged"] * 3
    for _ in range(7):
        desk.happen("day", 0, 0, 0)
    assert desk.sealed.rows == {}
    assert [desk.of(each).progress for each in desk.references] == ["confirmed", "confirmed", "contact"]
