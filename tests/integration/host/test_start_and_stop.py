"""Start and stop of the host."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT
from local.stack.azurite import Azurite
from tests.integration.host.conftest import MASTER, SAMPLE_APP, RunningHost, serving


@pytest.fixture
def own(azurite: Azurite, tmp_path: Path) -> Iterator[RunningHost]:
    with serving(tmp_path, azurite.connection_string()) as host:
        yield host


@pytest.fixture(scope="module")
def strict(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    settings = {
        "AzureFunctionsJobHost__functionTimeout": "00:00:01",
        "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": "1000",
        "AzureWebJobsDisableHomepage": "true",
    }
    with serving(tmp_path_factory.mktemp("strict"), azurite.connection_string(), settings, keys=False) as host:
        yield host


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send to another process")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_what_runs_come_to_its_end_and_exits_with_0(own: RunningHost, number: signal.Signals) -> None:
    answers: list[bytes] = []
    caller = threading.Thread(target=lambda: answers.append(own.get("/api/slow/run?seconds=0.7").body))
    caller.start()
    with own.queue("work") as queue:
        queue.send_message("slow 0.7 and sure")
        own.wait_until_seen("slow", 1)
        own.wait_until_seen("work", 1)
        own.child.process.send_signal(number)
        assert own.child.process.wait(30) == 0
        assert queue.get_queue_properties().approximate_message_count == 0
    caller.join(30)
    assert answers == [b"done"]
    assert own.messages("done") == ["done: slow 0.7 and sure"]


def test_a_run_longer_than_the_limit_fails_and_the_host_goes_on(strict: RunningHost) -> None:
    assert strict.get("/api/slow_async").status == 500
    assert strict.get("/api/slow/run?seconds=1.5").status == 500
    assert strict.get("/api/threads").status == 200
    assert "ran longer than functionTimeout" in strict.child.log_text()


def test_settings_limit_bodies_and_hide_the_home_page(strict: RunningHost) -> None:
    assert strict.call("POST", "/api/echo", body=b"x" * 1000).status == 200
    assert strict.call("POST", "/api/echo", body=b"x" * 1001).status == 413
    assert strict.get("/").status == 204


def test_without_keys_everything_is_open_but_what_is_disabled(strict: RunningHost) -> None:
    assert strict.get("/api/for_masters").status == 200
    assert strict.call("POST", "/admin/functions/tick", body='{"input": ""}').status == 202
    assert strict.get("/api/switched_off").status == 404


TIMER = """
import azure.functions as func
app = func.FunctionApp()
@app.timer_trigger(arg_name="timer", schedule="%WHEN%")
def tick(timer: func.TimerRequest) -> None: ...
"""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        pytest.param("import no_such_module", "No module named 'no_such_module'", id="it cannot be imported"),
        pytest.param("x = 1", "Could not find top level function app", id="it is no function app"),
        pytest.param(TIMER, "'hourly' is not an NCRONTAB expression", id="its schedule is none"),
    ],
)
def test_an_app_that_cannot_be_served_is_refused_in_plain_words(tmp_path: Path, source: str, reason: str) -> None:
    (tmp_path / "function_app.py").write_text(source)
    (tmp_path / "host.json").write_text('{"version": "2.0"}')
    (tmp_path / "settings.json").write_text('{"Values": {"WHEN": "hourly"}}')
    command: list[str | Path] = ["-m", "local.host", tmp_path, "--port", "0", "--settings", tmp_path / "settings.json"]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert reason in done.stderr.splitlines()[-1]


def test_a_port_that_is_taken_is_a_plain_error(strict: RunningHost) -> None:
    settings = strict.clock_file.with_name("settings.json")
    command: list[str | Path] = ["-m", "local.host", SAMPLE_APP, "--port", str(strict.port), "--settings", settings]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Port {strict.port}" in done.stderr.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send to another process")
def test_a_function_that_does_not_end_cannot_keep_the_host(own: RunningHost) -> None:
    assert own.call("POST", "/admin/functions/work", body='{"input": "slow 600"}', headers=MASTER).status == 202
    own.wait_until_seen("work", 1)
    own.child.process.send_signal(signal.SIGTERM)
    assert own.child.process.wait(60) == 0
    assert "although a function is still running" in own.child.log_text()
