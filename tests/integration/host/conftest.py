"""The sample app, served by a host in a process of its own."""

import http.client
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from local.clock import set_clock
from local.process.child_process import Child, python_command, running_child
from local.process.ports import free_ports
from local.stack.azurite import Azurite

SAMPLE_APP = Path(__file__).parent / "sample_app"
KEYS = {"master": "the-master-key", "function": "a-function-key", "system": "a-system-key"}
MASTER = {"x-functions-key": KEYS["master"]}
START = datetime(2023, 9, 1, 9, 20, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class RunningHost:
    port: int
    child: Child
    clock_file: Path
    storage: str
    queues: str

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        chunked: bool = False,
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, dict(headers or {}), encode_chunked=chunked)
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def post_json(self, path: str, document: Any, **headers: str) -> Answer:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.call("POST", path, body=json.dumps(document), headers=given)

    def wait_until_idle(self) -> None:
        """Waits until the host has nothing left to do."""
        assert self.get("/admin/host/idle?wait=60").json == {"idle": True}

    def seen(self, what: str) -> Any:
        return self.get(f"/api/seen/{what}").json

    def queue(self, suffix: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.storage,
            f"{self.queues}-{suffix}",
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def messages(self, suffix: str) -> list[str]:
        """Takes what is in a queue."""
        with self.queue(suffix) as client:
            taken = list(client.receive_messages(messages_per_page=32))
            for message in taken:
                client.delete_message(message)
        return [message.content for message in taken]

    def run_now(self, function: str, text: str = "") -> bool:
        answer = self.call(
            "POST", f"/admin/functions/{function}?wait=true", body=json.dumps({"input": text}), headers=MASTER
        )
        assert answer.status == 200
        return bool(answer.json["ok"])

    def wait_until_seen(self, what: str, count: int) -> None:
        deadline = time.monotonic() + 60
        while len(self.seen(what)) < count:
            assert time.monotonic() < deadline, self.child.log_text()
            time.sleep(0.05)


@contextmanager
def serving(
    folder: Path, connection_string: str, settings: Mapping[str, str] | None = None, *, keys: bool = True
) -> Iterator[RunningHost]:
    """Serves the sample app with queues of its own; at the end the host is stopped, if it still runs."""
    queues = f"q{uuid.uuid4().hex[:12]}"
    clock_file = folder / "clock.json"
    if not clock_file.exists():
        set_clock(clock_file, at=START)
    values = {
        "AzureWebJobsStorage": connection_string,
        "SampleStorage": connection_string,
        "QUEUES": queues,
        "HOURLY": "0 0 * * * *",
        "AzureWebJobs.switched_off.Disabled": "true",
        **(settings or {}),
    }
    (folder / "settings.json").write_text(json.dumps({"IsEncrypted": False, "Values": values}))
    (folder / "keys.json").write_text(json.dumps(KEYS))
    (port,) = free_ports(1)
    arguments: list[str | Path] = ["--port", str(port), "--settings", folder / "settings.json", "--clock", clock_file]
    if keys:
        arguments += ["--keys", folder / "keys.json"]
    command = python_command("local.host", SAMPLE_APP, *arguments, "--state-dir", folder / "state")
    with running_child("the host", command, log=folder / "host.log", env={}) as child:
        host = RunningHost(port, child, clock_file, connection_string, queues)
        child.wait_until(lambda: _answers(host))
        yield host


def _answers(host: RunningHost) -> bool:
    try:
        return bool(host.get("/admin/host/status").json == {"state": "Running"})
    except OSError:
        return False


@pytest.fixture(scope="session")
def host(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """One host for all tests that do not need one of their own. Its clock stands at START and is not moved."""
    with serving(tmp_path_factory.mktemp("host"), azurite.connection_string()) as running:
        yield running
