"""The processes that a local run consists of, beside Azurite: the email emulator and the function hosts."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from local.mail import ACCESS_KEY_VARIABLE, NOTIFY_KEY_VARIABLE, Emulator
from local.paths import EXAMPLE_SESSIONS, ROOT
from local.process.child_process import Child, running_module
from local.stack import environment
from local.stack.azurite import Azurite
from local.stack.host_client import HostClient

TIMERS = ("schedule", "back_up")
"""The functions that a timer starts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run to start. `folder` gets the logs, the clock and the settings of this run.

    `at` is an aware datetime, None for the real time. `azurite` is one that runs already and goes on at the end. With
    `reports` the email emulator posts delivery reports to the first host, as Event Grid or GOV.UK Notify does. With
    `forks` the processes may begin as copies of one that has imported the service: for tests, which start many.
    """

    at: datetime | None
    folder: Path
    keys: Mapping[str, str] = field(repr=False)
    speed: float = 1.0
    hosts: int = 1
    port: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    developer_settings_file: Path | None = None
    load: Path | None = EXAMPLE_SESSIONS
    data: Path | None = None
    azurite: Azurite | None = None
    app: Path = ROOT
    reports: bool = False
    forks: bool = False

    @property
    def clock(self) -> Path:
        return self.folder / "clock.json"


@dataclass(frozen=True, slots=True)
class MailEmulatorProcess:
    client: Emulator
    child: Child = field(repr=False)

    def is_running(self) -> bool:
        try:
            self.client.messages()
        except OSError:
            return False
        return True


@contextmanager
def running_mail(plan: Plan, port: int) -> Iterator[MailEmulatorProcess]:
    """Starts the email emulator and does not wait for it."""
    own = environment.developer_settings(plan.developer_settings_file) | dict(plan.settings)
    arguments: list[str | Path] = ["--port", str(port), "--sender", own["EMAIL_SENDER"], "--clock", plan.clock]
    arguments += ["--notify-template-id", own["NOTIFY_TEMPLATE_ID"], "--notify-reply-to-id", own["NOTIFY_REPLY_TO_ID"]]
    env = {name: plan.keys[name] for name in (ACCESS_KEY_VARIABLE, NOTIFY_KEY_VARIABLE)}
    log = plan.folder / "mail.log"
    with running_module("The email emulator", "local.mail", arguments, log=log, env=env, forks=plan.forks) as child:
        yield MailEmulatorProcess(Emulator(f"http://127.0.0.1:{port}"), child)


@contextmanager
def running_host(plan: Plan, number: int, port: int, settings: Mapping[str, str]) -> Iterator[HostClient]:
    """Starts a function host and does not wait for it.

    Unless the settings say otherwise only number 0 runs the timers, as one instance does in Azure.
    """
    name = f"site-{number}" if number else "site"
    own = {f"AzureWebJobs.{timer}.Disabled": "true" for timer in TIMERS} if number else {}
    keys = {kind: secrets.token_urlsafe(24) for kind in ("master", "function", "system")}
    run = plan.folder / f"{name}.json"
    run.touch(mode=0o600)
    run.write_text(json.dumps({"values": {**own, **settings}, "keys": keys}), "utf-8")
    arguments: list[str | Path] = ["--port", str(port), "--settings", run, "--clock", plan.clock, "--app", plan.app]
    log, forks = plan.folder / f"{name}.log", plan.forks and plan.app == ROOT
    with running_module("The function host", "local.stack.site", arguments, log=log, env={}, forks=forks) as child:
        yield HostClient(f"http://127.0.0.1:{port}", keys["master"], keys["system"], child)


def settings_of(plan: Plan, azurite: Azurite, mail: MailEmulatorProcess, site_url: str) -> dict[str, str]:
    """Everything that the service is told, the plan's own settings last."""
    base = environment.settings(
        azurite=azurite,
        mail_url=mail.client.url,
        site_url=site_url,
        keys=plan.keys,
        developer_settings_file=plan.developer_settings_file,
    )
    return {**base, **plan.settings}
