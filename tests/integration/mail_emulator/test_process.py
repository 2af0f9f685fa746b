import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError, URLError

import pytest
from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential

from local.mail import ACCESS_KEY_VARIABLE, running_emulator
from tests.integration.mail_emulator.email_client import send
from tests.unit.local.mail.message_builders import ACCESS_KEY, SENDER

ROOT = Path(__file__).parents[3]


def command(port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "local.mail", f"--port={port}", f"--sender={SENDER}", *more]


ENV = {**os.environ, ACCESS_KEY_VARIABLE: ACCESS_KEY}


@contextmanager
def started(*more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the line that it printed."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(0, *more), cwd=ROOT, env=ENV, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to stop a process by")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_it_stops_in_good_order_and_prints_nothing_but_its_start_line(name: str) -> None:
    with started() as (process, line):
        url = line.removeprefix("Email emulator: ").strip()
        with EmailClient(url, AzureKeyCredential(ACCESS_KEY), retry_total=0) as client:
            send(client)
            os.kill(process.pid, getattr(signal, name))
            said, complained = process.communicate(timeout=60)
    assert (process.returncode, said, complained) == (0, "", "")


DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
BROKEN = """
import sys
from local.mail.__main__ import main
from local.mail.http.inbox import Inbox

async def page(self, request):
    raise ValueError("a private message")

Inbox.page = page
sys.exit(main())
"""


def test_an_error_of_its_own_is_answered_with_500_and_logged_by_its_kind_alone() -> None:
    arguments = [sys.executable, "-c", BROKEN, *command(0)[3:]]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, cwd=ROOT, env=ENV, text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with pytest.raises(HTTPError, match="500") as failed:
            DIRECT.open(url, timeout=60)
        body = failed.value.read()
        failed.value.close()
        process.terminate()
        _, complained = process.communicate(timeout=60)
    assert (b"The emulator failed." in body, b"private" in body) == (True, False)
    assert complained.strip() == "the email emulator failed: ValueError"


def test_a_taken_port_is_said_plainly() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            command(port), cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=30, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"The email emulator cannot listen on port {port}: ")
    assert "Traceback" not in ended.stderr


def test_a_setting_that_makes_no_sense_is_said_plainly() -> None:
    ended = subprocess.run(
        command(0, "--repeat=perhaps"), cwd=ROOT, env=ENV, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 2
    assert "repeat" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr


def test_a_key_that_is_missing_or_no_key_is_said_and_not_shown() -> None:
    for key in ("", "no-key!"):
        env = {**os.environ, ACCESS_KEY_VARIABLE: key}
        ended = subprocess.run(command(0), cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)
        assert ended.returncode == 2
        assert "access_key" in ended.stderr.splitlines()[-1]
        assert "no-key!" not in ended.stderr


def test_every_setting_can_be_given_at_the_start_and_the_emulator_ends_with_its_block() -> None:
    with running_emulator(
        senders=[SENDER], access_key=ACCESS_KEY, per_minute=0, repeat="duplicate", status_lag=timedelta(minutes=1)
    ) as emulator:
        shown = emulator.settings()
    assert (shown["per_minute"], shown["repeat"], shown["status_lag"]) == (0, "duplicate", "PT1M")
    with pytest.raises(URLError):
        emulator.requests()


def test_an_emulator_that_cannot_start_is_an_error_at_once() -> None:
    with (
        pytest.raises(RuntimeError, match="did not start"),
        running_emulator(senders=[SENDER], access_key="not base64"),
    ):
        pass
