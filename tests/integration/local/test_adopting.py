"""docs/adopting.md, step by step: what it has people write works, and every command of it is one that works."""

import json
import os
import subprocess
import sys
from pathlib import Path

from local.stack.environment import developer_settings
from shared.config.offered import is_unused
from shared.config.settings import Settings, Support
from shared.content.content import load_content
from tests import adopting
from tests.builders import ROOT
from tests.generated_keys import generated_keys

CHECK = f"python3 dev.py content {adopting.FOLDER}/{adopting.CONTENT} --check"
CHECK_SESSIONS, LOAD = "python3 dev.py load sessions.xlsx --check", "python3 dev.py load sessions.xlsx"
RUN = ["python3 dev.py", 'python3 dev.py --at "2027-01-04 09:00"']  # what runs is tests/e2e/test_third_organisation.py
AZD = "azd env set "


def finished(module: str, *arguments: str, **environment: str) -> str:
    """The output of a command of `dev.py`, as the Python that runs this has it."""
    command = [sys.executable, "-m", f"local.commands.{module}", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_command_of_the_document_is_tried() -> None:
    others = [each for each in adopting.commands() if not each.startswith(AZD)]
    assert sorted(others) == sorted([*RUN, CHECK, CHECK_SESSIONS, LOAD])


def test_the_content_files_work_and_nothing_of_them_is_hard_to_read(tmp_path: Path) -> None:
    said = finished("content", str(adopting.write_content(tmp_path)), "--check")
    assert "The service can work with" in said
    assert "To be agreed: nothing" in said
    assert "(too hard)" not in said


def test_the_organisation_is_another_one(tmp_path: Path) -> None:
    content = load_content(adopting.write_content(tmp_path))
    assert (content.has_groups, content.has_one_to_one) == (True, False)
    assert content.groups.programme_names == ("Time to talk", "Time to walk")
    assert content.installation.session_minutes == 60
    assert list(content.checked_languages) == ["cy"]
    assert content.look.is_plain


def test_the_settings_are_all_that_it_needs(tmp_path: Path) -> None:
    file = tmp_path / adopting.SETTINGS
    file.write_text(adopting.files()[adopting.SETTINGS], "utf-8")
    assert adopting.settings()["CONTENT_FILE"] == f"{adopting.FOLDER}/{adopting.CONTENT}"
    given = developer_settings(file) | dict(generated_keys()) | {"CONTENT_FILE": str(adopting.write_content(tmp_path))}
    groups = frozenset({Support.BOOKINGS})
    without = {name: value for name, value in given.items() if not is_unused(name, groups) and name != "COLLECT_URL"}
    assert Settings.from_environment(without).offered == groups


def test_the_spreadsheet_is_read_as_the_content_file_has_it(tmp_path: Path) -> None:
    content, sessions = adopting.write_content(tmp_path), adopting.write_sessions(tmp_path)
    said = finished("load", str(sessions), "--check", CONTENT_FILE=str(content))
    assert said == "3 sessions, and nothing is wrong with them. Nothing was loaded.\n"


def test_the_answers_for_a_deployment_are_those_that_are_asked() -> None:
    parameters = json.loads((ROOT / "infra" / "main.parameters.json").read_text("utf-8"))["parameters"]
    asked = {str(each["value"]).strip("${}") for each in parameters.values()}
    given = dict(each.removeprefix(AZD).split() for each in adopting.commands() if each.startswith(AZD))
    assert given.keys() <= asked
    assert given["CHOICE_REFERRAL_RECIPIENT"] == "none"
    for setting, value in adopting.settings().items():
        assert given[f"CHOICE_{setting}"] == value
