"""Rows of referrals that go into the daily copy, and their cells. Pure.

No sealed answers are copied. A status that is to be deleted before the copy is gone is not copied either, and none
keeps a time of day: beside a rota it might tell who it was.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from shared.referrals.delivery.notice_sender import KEPT_NOTICES
from shared.referrals.referral_rows import read_referral
from shared.referrals.retention.retention_rules import STATUS_DELETED_AFTER, may_delete_status
from shared.tables.table import Row

_MOMENTS = ("NotBefore", "WaitingSince")


def copied_status(row: Row, today: date, gone_after: timedelta) -> Mapping[str, Any] | None:
    """The cells of a status without its times of day; None for one that is deleted before nothing is left of a copy.

    `today` is London's day, `gone_after` the time after which nothing is left of a copy.
    """
    if may_delete_status(read_referral(row), today + gone_after):
        return None
    return {**row.cells, **{name: "" for name in _MOMENTS if name in row.cells}}


def copied_notice(row: Row, today: date, gone_after: timedelta) -> Mapping[str, Any] | None:
    """The cells of a row that says which reminder, batch or email to operators went; None for any other row."""
    kept = timedelta(days=STATUS_DELETED_AFTER) - gone_after
    is_kept = row.partition in KEPT_NOTICES and row.text("At")[:10] > (today - kept).isoformat()
    return row.cells if is_kept else None
