"""A timer run goes on after a bad row, and stops asking when storage is down; what is due is named in either case."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from shared.referrals.follow_up.referral_release import DueReferrals
from shared.referrals.model import Referral
from shared.referrals.retention.erasure import ReferralEraser
from shared.tables.service_table import read_service_rows
from shared.tables.table import RowConflictError, StorageError, StorageRefusedError, StorageUnavailableError
from tests.builders import MORNING, referral_request
from tests.unit.shared.referrals.referral_system import ReferralHarness

DAY = timedelta(days=1)


def run(error: StorageError) -> list[str]:
    """One run over five acknowledged referrals whose erasure fails, and one that is due; those it tried to erase."""
    harness, asked = ReferralHarness(), list[str]()
    for _ in range(5):
        reference = harness.service().accept(referral_request(), MORNING)
        harness.forwarder().forward(reference, MORNING)
        harness.acknowledging().acknowledge_opened(reference, MORNING)
    now = harness.pass_days(MORNING, 4) + DAY
    due = harness.service().accept(referral_request(), now)

    class Failing(ReferralEraser):
        def erase(self, referral: Referral, now: datetime, reason: str = "") -> None:
            asked.append(referral.reference)
            raise error

    eraser = Failing(harness.repository(), harness.eraser().tries)
    found = replace(harness.reconciler(), eraser=eraser).run(read_service_rows(harness.service_rows), now)

    assert found == DueReferrals((due,))
    return asked


@pytest.mark.parametrize(
    ("error", "asked"), [(StorageRefusedError("HTTP 403"), 5), (StorageUnavailableError("HTTP 503"), 3)]
)
def test_a_bad_row_stops_no_other_and_an_outage_of_storage_stops_the_run(
    error: StorageError, asked: int, caplog: pytest.LogCaptureFixture
) -> None:
    references = run(error)
    errors = [each.getMessage() for each in caplog.records if each.levelno == logging.ERROR]

    assert len(references) == asked
    is_over_by_itself = isinstance(error, StorageUnavailableError)
    named = ["a referral" if is_over_by_itself else f"referral {each}" for each in references]
    assert errors[:asked] == [f"referral run: {each} failed: {type(error).__name__}" for each in named]
    outage = [f"referral run: daily steps failed: {type(error).__name__}"]
    assert errors[asked:] == (outage if isinstance(error, StorageUnavailableError) else [])
    assert "HTTP" not in caplog.text


def test_a_row_that_changed_meanwhile_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    references = run(RowConflictError("HTTP 412"))

    assert len(references) == 5
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []
    assert caplog.text.count("its row changed meanwhile") == 5
