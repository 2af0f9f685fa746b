"""`dev.py content FILE` checks a content file, lists what is to be agreed, and shows the site with it."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from local.commands import content, run
from tests.builders import ROOT

FILE = ROOT / "functions" / "content" / "mersey-care" / "en.toml"


def test_it_reports_on_a_file_that_works(capsys: pytest.CaptureFixture[str]) -> None:
    assert content.main([str(FILE), "--check"]) == 0

    out = capsys.readouterr().out
    assert f"The service can work with {FILE}." in out
    assert "    resources.prompts (left out until it is)\n" in out
    assert "too hard" not in out
    assert out.index("Reading grade") > out.index("To be agreed")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title = ", "TOMLDecodeError (Invalid value (at end of document))"),
        (FILE.read_text("utf-8").replace('place = "', 'plaice = "'), "groups.place, groups.plaice"),
    ],
)
def test_it_says_which_parts_the_service_cannot_work_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    file = tmp_path / "content.toml"
    file.write_text(text, "utf-8")

    assert content.main([str(file)]) == 1
    assert words in capsys.readouterr().err


def test_it_starts_the_site_with_the_file_and_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[list[str]] = []

    def start(arguments: Sequence[str]) -> int:
        started.append(list(arguments))
        return 0

    monkeypatch.setattr(run, "main", start)

    assert content.main([str(FILE)]) == 0
    assert content.main([str(FILE), "--no-browser"]) == 0

    assert started == [["--content", str(FILE), "--open"], ["--content", str(FILE)]]
    chosen = run.options(started[0])
    assert (chosen.content, chosen.open) == (FILE, True)
    assert run.chosen_settings(chosen) == {"CONTENT_FILE": str(FILE)}
    assert run.chosen_settings(run.options(["--mail", "acs"])) == {"MAIL_SERVICE": "acs"}
