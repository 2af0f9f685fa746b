"""Hosts that are killed at random moments while people book, wait, cancel, move and refer, and a provider confirms.

SIGKILL comes without a warning. Each host is a process of its own, on a real Azurite; the email service sends twice
what it is given twice.
"""

import sys
from random import Random

import pytest

from tests.e2e.recovery.season import Season
from tests.e2e.recovery.service import running_service


@pytest.mark.parametrize(
    ("seed", "kills"), [(19, 50), *(pytest.param(seed, 50, marks=pytest.mark.nightly) for seed in range(19))]
)
def test_hosts_killed_at_random_moments_lose_double_overbook_and_leave_untold_nothing(
    seed: int, kills: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_service(hosts=2) as service:
        season = Season(service, Random(seed))
        season.begin()
        while season.kills < kills:
            season.happen()
        season.end()
        with capsys.disabled():
            sys.stdout.write(f"\nseed {seed}: {season}\n")

        assert season.service.unfinished().total() > kills / 10, "kills that meet nothing show nothing"
        assert not season.wrong, "\n".join(season.wrong)
