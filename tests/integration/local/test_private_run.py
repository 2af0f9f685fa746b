"""A local run keeps its files and keys from others, and names the settings that are wrong on the console."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT, RUNNING

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads modes and command lines")

CANARY = "canary-value"
_SECONDS = 120
_OTHERS = 0o077


def command(state: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "local.commands.run", "--state", str(state), *options]


def open_to_others(folder: Path) -> list[str]:
    return [str(each) for each in (folder, *folder.rglob("*")) if stat.S_IMODE(each.stat().st_mode) & _OTHERS]


def command_lines() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes().decode(errors="replace")
        except OSError:
            continue


def refused(folder: Path, settings: str) -> subprocess.CompletedProcess[str]:
    """The real command with a developer's own settings, ended by itself."""
    path = folder / "local.settings.json"
    path.write_text(settings, "utf-8")
    own = ["--settings", str(path)]
    return subprocess.run(
        command(folder / "state", *own), cwd=ROOT, capture_output=True, text=True, timeout=_SECONDS, check=False
    )


def test_only_its_owner_can_read_its_files_and_no_command_line_holds_a_key(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    state, data = folder / "state", folder / "data"
    with subprocess.Popen(
        command(state, "--data", str(data)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        umask=0o022,
    ) as run:
        assert run.stdout
        try:
            assert any(line.startswith("READY ") for line in run.stdout)
            keys = json.loads((state / "keys.json").read_text("utf-8"))
            shown = [name for line in command_lines() for name, key in keys.items() if key in line]
            assert (state / RUNNING).exists()
            assert len([each for each in data.rglob("*") if each.is_file()]) > 1
            assert (open_to_others(state), open_to_others(data), shown) == ([], [], [])
        finally:
            run.terminate()
            run.communicate(timeout=_SECONDS)


def test_every_setting_that_is_wrong_is_named_with_what_it_must_be_and_none_is_shown(tmp_path: Path) -> None:
    wrong = {
        "CHECK_WEEKDAYS": "99",
        "SERVICE_ROLE": CANARY,
        "BOOKING_DOMAINS": f"@{CANARY}",
        "EMAIL_SENDER": CANARY,
        "REFERRAL_VAULT_KEY": f"http://{CANARY}.example",
        "REFERRAL_RECIPIENT": "",
        "LINK_KEY_PREVIOUS": CANARY,
    }

    ended = refused(tmp_path, json.dumps({"Values": wrong}))

    said = {line.strip().partition(":")[0]: line for line in ended.stderr.splitlines() if line.startswith("  ")}
    assert ended.returncode == 1
    assert said.keys() == wrong.keys()
    assert "a whole number from 1 to 20" in said["CHECK_WEEKDAYS"]
    assert "web, worker or all" in said["SERVICE_ROLE"]
    assert "email address" in said["REFERRAL_RECIPIENT"]
    assert "missing" in said["REFERRAL_RECIPIENT"]
    assert "32 random bytes in base64url" in said["LINK_KEY_PREVIOUS"]
    assert str(tmp_path / "local.settings.json") in ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"Values": []}', '{"Values": {"CONTENT_FILE": "gone.toml"}}'], ids=str
)
def test_a_file_that_cannot_be_used_is_named_plainly(tmp_path: Path, text: str) -> None:
    ended = refused(tmp_path, text)

    assert ended.returncode == 1
    assert ("CONTENT_FILE" if "CONTENT_FILE" in text else str(tmp_path / "local.settings.json")) in ended.stderr
    assert "Traceback" not in ended.stderr
