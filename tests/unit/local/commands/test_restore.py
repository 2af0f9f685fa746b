"""The command shows what it would write, and writes it only if someone agrees."""

from pathlib import Path

import pytest

from local.commands import restore
from local.restore.account import Account, UnknownAccountError
from tests.unit.local.restore.backed_up import DAY, BackedUp

ARGUMENTS = ["--from", DAY, "--to", "stbookings"]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> BackedUp:
    """A session whose one booking is lost."""
    found = BackedUp()
    found.book("ann")
    found.tick()
    found.back_up()
    found.lose("Bookings")
    monkeypatch.setattr(Account, "open", lambda *_: found.account)
    return found


@pytest.mark.parametrize(
    ("options", "typed", "is_written"),
    [
        (["--check"], "stbookings", False),
        ([], "", False),
        ([], "yes", False),
        ([], "stbookings", True),
        (["--yes"], "", True),
    ],
)
def test_it_writes_only_what_was_shown_and_agreed_to(
    system: BackedUp, capsys: pytest.CaptureFixture[str], options: list[str], typed: str, is_written: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("builtins.input", lambda _: typed)
        assert restore.main([*ARGUMENTS, *options]) == 0

    said = capsys.readouterr().out
    assert "Bookings: 1 to put back, 0 there already" in said
    assert ("Nothing was written." in said) is not is_written
    assert system.states() == ({"ann": "confirmed"} if is_written else {})


def test_a_copy_that_is_not_there_is_named(system: BackedUp, capsys: pytest.CaptureFixture[str]) -> None:
    assert restore.main(["--from", "2023-08-01", "--to", "stbookings", "--yes"]) == 1
    assert "there is no complete copy of 2023-08-01" in capsys.readouterr().out
    assert system.states() == {}


def test_an_account_of_this_machine_is_known_while_it_runs(tmp_path: Path) -> None:
    with pytest.raises(UnknownAccountError):
        Account.open("devstoreaccount1", tmp_path / "running.json")


@pytest.mark.parametrize("arguments", [[], ["--from", DAY], ["--to", "stbookings"]])
def test_it_asks_for_a_day_and_an_account(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        restore.main(arguments)
    assert "required" in capsys.readouterr().err
