"""Every command that the README tells people to type, and every option in its table, typed."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.clock import LocalClock, Setting
from local.paths import ROOT, VENV
from local.process.ports import free_ports
from tests.e2e.http_client import get

README = (ROOT / "README.md").read_text("utf-8")
RUN = "python3 dev.py"
LOAD = "python3 dev.py load local/sessions.csv"
PACKAGE = "python3 dev.py package"  # what it builds has tests of its own: test_package.py
BENCHMARK = "python3 dev.py bench"
SCREENSHOTS = "python3 dev.py screenshots"
EVERY_STATE = "python3 dev.py test tests/e2e/browser/test_every_state.py --nightly --pictures DIR"
CONTENT = "python3 dev.py content FILE"
OPENER = "python3 dev.py opener"  # what it builds has tests of its own: tests/e2e/browser/test_opener.py
TEST = "python3 dev.py test"
TEST_QUICK = "python3 dev.py test --quick"
TEST_NIGHTLY = "python3 dev.py test --nightly"
TEST_SOME = "python3 dev.py test tests/unit/shared/mail -k delivery"
PASSPHRASE = "python3 dev.py passphrase"
SMOKE = 'python3 dev.py smoke --site "$SITE_URL" --worker "$COLLECT_URL"'  # run by tests/e2e/test_smoke.py
SECRETS = "python3 dev.py secrets --set REFERRAL_PASSPHRASE"
# These need a subscription: what they use of the project has unit tests, in tests/unit/infra/ and tests/unit/local/.
SIGN_IN = ["azd auth login", "azd env new prod", "azd env set AZURE_LOCATION uksouth"]
DEPLOY = [*SIGN_IN, "azd up", PASSPHRASE, SECRETS]

pytestmark = [
    # Elsewhere the commands would first install everything.
    pytest.mark.skipif(
        Path(sys.prefix) != VENV or VENV.is_symlink(), reason="needs .venv: run it through `python dev.py test`"
    ),
    pytest.mark.skipif(sys.platform == "win32", reason="no signal there asks a process to stop"),
]


def blocks() -> list[str]:
    found = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    return [line.strip() for block in found for line in block.splitlines() if line.strip()]


def options() -> dict[str, list[str]]:
    """Options of the table with the values that it gives them."""
    table = README.partition("| Option |")[2].partition("\n\n")[0]
    found = [shlex.split(row) for row in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)]
    return {each[0]: each[1:] for each in found}


def typed(command: str, *more: str | Path) -> list[str]:
    _, *arguments = shlex.split(command)  # the Python that people have is the one that runs this
    return [sys.executable, *arguments, *map(str, more)]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "BOOKINGS_STORAGE"}


def finished(command: list[str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def running(command: list[str]) -> Iterator[Mapping[str, str]]:
    """Yields the addresses that it prints when ready; at the end it is told to stop, and does so in good order."""
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            said = next((line for line in process.stdout or () if line.startswith("READY ")), "READY {}")
            yield json.loads(said.removeprefix("READY "))
        finally:
            process.terminate()
            process.communicate()
    assert process.returncode == 0


def clock_of(ready: Mapping[str, str]) -> Setting:
    return LocalClock(Path(ready["clock"])).setting


def test_these_are_all_the_commands_and_options_that_there_are() -> None:
    assert blocks() == [RUN, LOAD, TEST, BENCHMARK, SCREENSHOTS, OPENER, *DEPLOY, SMOKE, PACKAGE]
    tests = {TEST, TEST_QUICK, TEST_NIGHTLY, TEST_SOME}
    others = {BENCHMARK, PACKAGE, SMOKE, SCREENSHOTS, EVERY_STATE, CONTENT, OPENER, PASSPHRASE, SECRETS}
    assert set(re.findall(r"python3 dev\.py[^`\n]*", README)) == {RUN, LOAD, *tests, *others}
    assert set(options()) == {"--at", "--now", "--speed", "--port", "--data", "--mail"}


def test_benchmarks_say_which_there_are() -> None:
    said = finished(typed(BENCHMARK, "--help"))

    assert "sessions-list" in said
    assert "timer-run" in said


def test_it_runs_and_a_schedule_is_loaded_while_it_does(tmp_path: Path) -> None:
    with running(typed(RUN, "--state", tmp_path)) as ready:
        assert get(f"{ready['site']}/sessions").status == 200
        assert clock_of(ready).at == datetime(2023, 9, 1, 8, tzinfo=UTC)

        assert finished(typed(LOAD, "--state", tmp_path)) == "0 loaded, 5 already present and left unchanged.\n"


def test_it_runs_with_the_options_of_the_table(tmp_path: Path) -> None:
    [port], data = free_ports(1), tmp_path / "data"
    chosen = options() | {"--port": [str(port)], "--data": [str(data)]}
    written = [part for name, values in chosen.items() if name != "--now" for part in (name, *values)]

    with running(typed(RUN, *written, "--state", tmp_path)) as ready:
        clock = clock_of(ready)

    assert (clock.at, clock.speed) == (datetime(2023, 9, 7, 13, tzinfo=UTC), 60)
    assert urlsplit(ready["site"]).port == port
    assert any(data.iterdir())


def test_it_runs_at_the_real_time(tmp_path: Path) -> None:
    began = datetime.now(UTC)

    with running(typed(RUN, "--now", *options()["--now"], "--state", tmp_path)) as ready:
        clock = clock_of(ready)
        assert began <= clock.at <= datetime.now(UTC)

    assert clock.speed == 1
    assert abs(clock.at.timestamp() - clock.since) < 1, "no matter how long it took to start"


def test_pages_are_pictured(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a picture", "utf-8")

    said = finished(typed(SCREENSHOTS, "--to", tmp_path, "--only", "how far a form"))

    assert said == f"4 pages and emails: {tmp_path / 'index.html'}\n"
    shown = re.findall(r'src="([^"]+)"', (tmp_path / "index.html").read_text("utf-8"))
    assert len(shown) == 8
    assert {path.name for path in tmp_path.iterdir()} == {*shown, "index.html", "notes.txt"}


def test_the_package_is_built_where_one_wants_it() -> None:
    assert "--to DIR" in finished(typed(PACKAGE, "--help"))


def test_the_test_of_a_running_installation_says_what_it_needs() -> None:
    assert "SMOKE_KEY" in finished(typed("python3 dev.py smoke", "--help"))


def test_some_tests_are_run_by_name() -> None:
    assert re.search(r"\d+ passed, \d+ deselected", finished(typed(TEST_SOME)))


def test_all_tests_are_what_the_gate_runs() -> None:
    """The command itself would run this very test."""
    gate = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()

    assert gate[-1] == 'exec "$python" dev.py test'
    assert "python=python3" in gate
