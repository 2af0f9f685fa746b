"""The document on data protection matches the code."""

import re

import pytest

from local.stack.tables_and_queues import TABLES_AND_QUEUES
from shared.backups.daily_backup import GONE_AFTER, KEPT_DAYS
from shared.bookings.retention.run import INDEX_KEPT
from shared.config.settings import Settings
from shared.referrals.collection import access_token
from shared.referrals.intake.status_lookup import MAX_GUESSES_PER_MINUTE
from shared.referrals.model import Progress
from shared.referrals.retention import retention_rules
from shared.referrals.retention.acknowledged_rules import GRACE_WEEKDAYS, NO_REPORT_FOR
from shared.referrals.retention.retention_rules import ERASED_AFTER, STATUS_DELETED_AFTER
from tests.builders import ROOT
from tests.every_row import every_row

TEXT = (ROOT / "docs" / "data-protection.md").read_text("utf-8")
HELD = TEXT.partition("## What is held")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")] for line in HELD.splitlines() if line[:3] == "| t"
]
FIGURES = {field.alias: field.default for field in Settings.model_fields.values()}


def days(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"(\d+) days", text)]


def figures_of(setting: str) -> list[int]:
    """The words of the table about the data that this setting keeps."""
    return [each for row in ROWS if f"`{setting}`" in row[3] for each in days(row[2])]


@pytest.mark.parametrize("setting", sorted(name for name in FIGURES if name and name.endswith("_DAYS")))
def test_how_long_data_is_kept_is_written_as_it_is_set(setting: str) -> None:
    assert figures_of(setting)
    assert set(figures_of(setting)) == {FIGURES[setting]}


@pytest.mark.parametrize(
    ("table", "kept"),
    [
        ("MailIndex", [INDEX_KEPT.days]),
        ("SealedReferrals", [NO_REPORT_FOR, ERASED_AFTER]),
        ("Referrals", [STATUS_DELETED_AFTER]),
        ("ReferralMail", [retention_rules.INDEX_KEPT]),
        ("ReferralService", [STATUS_DELETED_AFTER]),
    ],
)
def test_documented_fixed_retention_periods_match_the_code(table: str, kept: list[int]) -> None:
    assert [days(row[2]) for row in ROWS if f"`{table}`" in row[0]] == [kept]


@pytest.mark.parametrize(
    "path", ["docs/data-protection.md", "docs/referrals.md", "functions/content/mersey-care/en.toml"]
)
def test_the_working_days_after_a_confirmation_are_written_as_they_are_set(path: str) -> None:
    text = " ".join((ROOT / path).read_text("utf-8").split())

    assert f"within {FIGURES['REFERRAL_GRACE_WEEKDAYS']} working days of " in text
    assert FIGURES["REFERRAL_GRACE_WEEKDAYS"] == GRACE_WEEKDAYS


def test_other_documented_figures_match_the_code() -> None:
    assert f"{MAX_GUESSES_PER_MINUTE} wrong guesses a minute" in TEXT
    assert (len(Progress), "learns one of nine words" in TEXT) == (9, True)
    assert f"What is deleted within {GONE_AFTER.days} days is not copied" in TEXT
    assert f"| {KEPT_DAYS} days, and the versions of deleted copies up to {GONE_AFTER.days - KEPT_DAYS} days" in TEXT
    assert access_token.LASTS.total_seconds() == 30 * 60, "half an hour, says decision 10"


@every_row("name", sorted({name for tables, queues in TABLES_AND_QUEUES.values() for name in (*tables, *queues)}))
def test_every_table_and_queue_is_told_of(name: str) -> None:
    assert f"`{name}`" in HELD


def test_every_setting_that_is_named_is_one() -> None:
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)(?:=\w+)?`", TEXT))

    assert named
    assert named <= Settings.names()
