"""The daily run: a copy is there whole or not at all, once a day, for seven days, and a day without one is an error."""

import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from shared.backups.copies import Copy, CopyError, complete_days
from shared.backups.daily_backup import AccountBackup, BackupFailedError, DailyBackup, Source
from shared.tables.table import StorageUnavailableError, Table
from tests.builders import MORNING
from tests.fakes import BrokenTable, Crash, FakeBlobs, FakeTable, InjectedFault

if TYPE_CHECKING:
    from shared.backups.blobs import Blobs

DAY = "2023-09-01"


class Backup:
    """Two tables of one account. `trouble` breaks the table that is read second."""

    def __init__(self) -> None:
        self.first, self.second, self.blobs = FakeTable(), FakeTable(), FakeBlobs()
        for number in range(2500):
            self.first.put({"PartitionKey": "p", "RowKey": f"{number:05}", "Number": number})
        self.second.put({"PartitionKey": "p", "RowKey": "kept"})
        self.second.put({"PartitionKey": "p", "RowKey": "left out"})

    def run(self, *, days: int = 0, blobs: object = None, trouble: InjectedFault | None = None) -> None:
        second = cast("Table", BrokenTable(self.second, trouble)) if trouble else self.second
        sources = [
            Source("First", self.first, lambda row: row.cells),
            Source("Second", second, lambda row: row.cells if row.key == "kept" else None),
        ]
        account = AccountBackup("bookings", cast("Blobs", blobs or self.blobs), lambda _: sources, {"KEPT": "90"})
        DailyBackup([account]).run(MORNING + timedelta(days=days))

    @property
    def days(self) -> list[str]:
        return complete_days(self.blobs.names())


def test_every_row_that_is_chosen_is_in_the_copy_of_the_day() -> None:
    backup = Backup()
    backup.run()

    copy = Copy.open(backup.blobs, DAY)
    assert [row["Number"] for row in copy.rows("First")] == list(range(2500))
    assert [row["RowKey"] for row in copy.rows("Second")] == ["kept"]
    assert copy.rows("Third") == []
    assert copy.manifest.settings == {"KEPT": "90"}
    assert copy.manifest.begun_at == "2023-09-01T08:00:00Z"


def test_a_day_has_one_copy_however_often_it_runs() -> None:
    backup = Backup()
    backup.run()
    before = dict(backup.blobs.blobs)
    backup.first.rows.clear()
    backup.run()

    assert backup.blobs.blobs == before
    assert backup.blobs.calls[-1:] == ["names"]


def test_it_is_read_page_by_page() -> None:
    backup = Backup()
    most = 0

    class Measuring(FakeBlobs):
        def write(self, name: str, parts: Any) -> None:
            nonlocal most
            found = list(parts)
            most = max([most, *(part.count(b"\n") for part in found)])
            super().write(name, found)

    backup.run(blobs=Measuring())

    assert most == 1000


class BreakingBlobs(FakeBlobs):
    """A container whose process is gone at the n-th operation."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def write(self, name: str, parts: Any) -> None:
        if len([call for call in self.calls if call == "write"]) == self.at:
            self.calls.append("write")
            raise Crash
        super().write(name, parts)


@pytest.mark.parametrize("at", range(3))
def test_a_run_that_breaks_off_leaves_no_copy_and_the_next_one_makes_it(at: int) -> None:
    backup = Backup()
    backup.blobs = BreakingBlobs(at)
    with pytest.raises(Crash):
        backup.run()
    assert backup.days == []
    with pytest.raises(CopyError):
        Copy.open(backup.blobs, DAY)

    backup.run()

    assert len(Copy.open(backup.blobs, DAY).rows("First")) == 2500


def test_a_table_that_cannot_be_read_is_an_error_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    backup = Backup()
    with pytest.raises(BackupFailedError, match="bookings"):
        backup.run(trouble=InjectedFault(0, "lost-request"))

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("ERROR", "backup of bookings failed: StorageUnavailableError")
    ]
    backup.run()
    assert backup.days == [DAY]


def test_an_account_that_fails_does_not_stop_the_other() -> None:
    backup, other = Backup(), FakeBlobs()

    def broken(_: object) -> list[Source]:
        raise StorageUnavailableError("down")

    accounts = [
        AccountBackup("bookings", backup.blobs, broken),
        AccountBackup("referrals", other, lambda _: [Source("Second", backup.second, lambda row: row.cells)]),
    ]
    with pytest.raises(BackupFailedError, match=r"^bookings$"):
        DailyBackup(accounts).run(MORNING)

    assert complete_days(other.names()) == [DAY]


def test_two_at_once_make_one_copy() -> None:
    backup = Backup()

    class Faster(FakeBlobs):
        def names(self, prefix: str = "") -> list[str]:
            found = super().names(prefix)
            if not found and not self.calls[1:]:
                backup.run(blobs=self)
            return found

    blobs = Faster()
    backup.run(blobs=blobs)

    assert complete_days(blobs.names()) == [DAY]
    assert len(Copy.open(blobs, DAY).rows("First")) == 2500


def test_a_copy_is_kept_for_seven_days_with_the_notes_of_its_day() -> None:
    backup = Backup()
    for days in range(7):
        backup.run(days=days)
    backup.blobs.write(f"{DAY}/deleted/0a", [])
    backup.blobs.write("others", [])
    backup.run(days=7)
    assert backup.days[0] == DAY

    backup.run(days=8)

    assert (backup.days[0], len(backup.days)) == ("2023-09-02", 8)
    assert [name for name in backup.blobs.names() if name.startswith(DAY)] == []
    assert "others" in backup.blobs.blobs


def test_what_makes_a_copy_complete_is_deleted_first() -> None:
    backup = Backup()
    backup.run()

    class Dying(FakeBlobs):
        def delete(self, name: str) -> None:
            super().delete(name)
            raise Crash

    dying = Dying()
    dying.blobs = backup.blobs.blobs
    with pytest.raises(Crash):
        backup.run(days=8, blobs=dying)

    assert backup.days == ["2023-09-09"]


def test_a_day_without_a_copy_is_an_error_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    backup = Backup()
    for days in (0, 1, 4):
        backup.run(days=days)

    assert [(each.levelname, each.message) for each in caplog.records] == [
        ("INFO", "the backup of bookings of 2023-09-01 is complete: 2501 rows"),
        ("INFO", "the backup of bookings of 2023-09-02 is complete: 2501 rows"),
        ("INFO", "the backup of bookings of 2023-09-05 is complete: 2501 rows"),
        ("ERROR", "there is no backup of bookings of 2023-09-04"),
    ]


@pytest.mark.parametrize("day", ["2023-09-02", "", "..", "2023-09-1", "complete.json"])
def test_a_day_that_has_no_copy_is_said_so(day: str) -> None:
    backup = Backup()
    backup.run()

    with pytest.raises(CopyError, match="no complete copy"):
        Copy.open(backup.blobs, day)


def test_a_copy_that_was_changed_is_refused() -> None:
    backup = Backup()
    backup.run()
    [name] = [name for name in backup.blobs.names() if "Second" in name]
    whole = backup.blobs.blobs[name]
    for changed in (whole.replace(b"kept", b"lept"), whole[:-1], whole * 2, b"", b"{}\n"):
        backup.blobs.blobs[name] = changed
        with pytest.raises(CopyError):
            Copy.open(backup.blobs, DAY).rows("Second")
    manifest = backup.blobs.blobs[f"{DAY}/complete.json"]
    backup.blobs.blobs[f"{DAY}/complete.json"] = json.dumps({"tables": {}}).encode()
    with pytest.raises(CopyError, match="damaged"):
        Copy.open(backup.blobs, DAY)
    assert json.loads(manifest)["tables"].keys() == {"First", "Second"}
