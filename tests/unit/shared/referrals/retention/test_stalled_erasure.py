"""An erasure that stands still before it deletes anything deletes nothing that the provider was promised meanwhile."""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

import pytest

from shared.referrals.collection.acknowledgement import Acknowledgement
from shared.tables.table import StorageError
from tests.builders import MORNING
from tests.fakes import Stall, Stalling
from tests.unit.shared.referrals.referral_system import ReferralHarness

if TYPE_CHECKING:
    from shared.tables.table import Table

MINUTE = timedelta(minutes=1)
DUE = MORNING + timedelta(days=7)


def confirmed() -> ReferralHarness:
    """A referral that was delivered and confirmed a week ago."""
    harness = ReferralHarness()
    reference = harness.forwarded()
    assert harness.report("delivered")
    assert harness.acknowledging().acknowledge(reference, MORNING) is Acknowledgement.ACKNOWLEDGED
    return harness


def keep(harness: ReferralHarness) -> Acknowledgement:
    referral = harness.referral()
    return harness.acknowledging().keep(referral.reference, DUE, version=referral.version)


def typed_over_and_confirmed_anew(harness: ReferralHarness) -> None:
    """An operator wants it sent again, and the provider finds it meanwhile."""
    harness.type(State="received")
    harness.acknowledging().acknowledge(harness.referral().reference, DUE)


def run_of_another_timer(harness: ReferralHarness) -> None:
    harness.reconcile(DUE + MINUTE)


@pytest.mark.parametrize("meanwhile", [typed_over_and_confirmed_anew, run_of_another_timer])
def test_who_is_told_that_it_is_kept_has_it_sent_again_wherever_the_erasure_stands_still(
    meanwhile: Callable[[ReferralHarness], None],
) -> None:
    promised = []
    for at in range(20):
        harness = confirmed()
        kept: list[Acknowledgement] = []

        def others(harness: ReferralHarness = harness, kept: list[Acknowledgement] = kept) -> None:
            meanwhile(harness)
            kept.append(keep(harness))

        stall = Stall(at, others)
        wrap = partial(lambda stall, table: cast("Table", Stalling(table, stall)), stall)
        with contextlib.suppress(StorageError):
            harness.eraser(wrap).erase(harness.referral(), DUE)
        if not stall.triggered:
            break
        if kept == [Acknowledgement.KEPT]:
            harness.forwarder().forward(harness.referral().reference, DUE + 10 * MINUTE)
            promised.append(at)
            assert (harness.sealed.rows != {}, harness.state) == (True, ("sent", "")), f"request {at}"
    assert promised, "it can be kept before its erasure has begun"
