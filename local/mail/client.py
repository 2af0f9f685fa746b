"""A test's client of a running email emulator, and the emulator's process."""

import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from local.mail.settings import ACCESS_KEY_VARIABLE, NOTIFY_KEY_VARIABLE

_ROOT = Path(__file__).parents[2]
_TIMEOUT = 60.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator, at `url` (`http://127.0.0.1:PORT`).

    Every method raises `urllib.error.HTTPError` when the emulator refuses what it is told.
    """

    url: str

    def messages(self, to: str | None = None) -> list[dict[str, Any]]:
        """Delivered emails as they were posted, oldest first, each with `operationId` and `time` (ISO 8601, UTC)."""
        query = f"?{urllib.parse.urlencode({'to': to})}" if to else ""
        mails: list[dict[str, Any]] = self._call("GET", f"/messages{query}")
        return mails

    def clear(self) -> None:
        """Empties the inbox; accepted operations stay known."""
        self._call("DELETE", "/messages")

    def faults(self, rules: Sequence[Mapping[str, object]]) -> None:
        """Adds fault rules; see `FaultRule`."""
        self._call("POST", "/control/faults", list(rules))

    def clear_faults(self) -> None:
        self._call("DELETE", "/control/faults")

    def waiting_faults(self) -> list[dict[str, Any]]:
        rules: list[dict[str, Any]] = self._call("GET", "/control/faults")
        return rules

    def settings(self, changes: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Changes settings by name (durations in seconds) and returns all of them but the key."""
        settings: dict[str, Any] = self._call("POST", "/control/settings", dict(changes or {}))
        return settings

    def requests(self) -> dict[str, int]:
        """Requests seen: `send`, `send_accepted`, `send_refused`, `status`."""
        counters: dict[str, int] = self._call("GET", "/control/requests")
        return counters

    def reports_under_way(self) -> int:
        """Number of emails whose delivery reports are still to be posted."""
        found: dict[str, int] = self._call("GET", "/control/reports")
        return found["under_way"]

    def reset(self) -> None:
        """Makes it as it was at the start."""
        self._call("POST", "/control/reset")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310 - 127.0.0.1
        with _DIRECT.open(request, timeout=_TIMEOUT) as answer:
            text = answer.read()
        return json.loads(text) if text else None


@contextmanager
def running_emulator(
    *,
    senders: Sequence[str],
    access_key: str,
    notify_key: str = "",
    clock_file: Path | None = None,
    **settings: object,
) -> Iterator[Emulator]:
    """Runs an emulator in a process of its own, on a free port, for as long as the block lasts.

    Args:
        senders: addresses it may send from.
        access_key: base64.
        notify_key: live API key of GOV.UK Notify; "" = its API takes none.
        clock_file: of a `LocalClock`; None = real time.
        settings: further fields of `EmulatorSettings`.

    Raises:
        RuntimeError: it did not start; what it said is on stderr.
    """
    arguments = [f"--sender={sender}" for sender in senders]
    if clock_file:
        arguments.append(f"--clock={clock_file.resolve()}")
    arguments += [f"--{name.replace('_', '-')}={_text(value)}" for name, value in settings.items() if value is not None]
    command = [sys.executable, "-m", "local.mail", "--port=0", *arguments]
    env = {**os.environ, ACCESS_KEY_VARIABLE: access_key, NOTIFY_KEY_VARIABLE: notify_key}
    with subprocess.Popen(command, cwd=_ROOT, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Emulator(_announced_url(process))
        finally:
            _stop(process)


def _text(value: object) -> str:
    return str(value.total_seconds()) if isinstance(value, timedelta) else str(value)


def _announced_url(process: subprocess.Popen[str]) -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise RuntimeError("the email emulator did not start")
    return line.split()[-1]


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
