"""`python dev.py`: runs the whole service on this machine until it is stopped."""

import argparse
import json
import os
import shutil
import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from azure.core.exceptions import AzureError

from local.content.installation import use_content_file
from local.paths import ROOT, RUNNING, STATE
from local.process.child_process import ChildFailedError
from local.process.ports import is_free
from local.process.private_files import keep_private
from local.process.signals import stoppable
from local.setup.keys import load_or_create_keys
from local.stack.azurite import REFERRALS
from local.stack.environment import DEVELOPER_SETTINGS_FILE, SettingsFileError
from local.stack.host_client import FunctionFailedError
from local.stack.processes import Plan
from local.stack.sessions_csv import SessionsFileError
from local.stack.setting_checks import InvalidSettingsError
from local.stack.stack import Stack, started
from shared.installation.facts import LONDON
from shared.installation.here import here
from shared.local_time import NoSuchTimeError, instant, moment_in_words

_DEFAULT_START = datetime(2023, 9, 1, 9, 0, tzinfo=LONDON)
_RUNS_KEPT = 5
KEYS = "keys.json"  # in the folder of state
MAIL_SERVICES = {
    "acs": {"MAIL_SERVICE": "acs"},
    "notify": {"MAIL_SERVICE": "notify", "REFERRAL_DELIVERY": "link"},  # whose emails hold no answers
}


def main(arguments: Sequence[str]) -> int:
    """Returns 0 when it was told to stop and 1 when something failed."""
    chosen = options(arguments)
    keep_private()
    try:
        with stoppable():
            _run(chosen)
    except KeyboardInterrupt:
        print("Stopped.", flush=True)
        return 0
    except InvalidSettingsError as error:
        return _failed(f"The service cannot run with these settings of {_sources(chosen)}:\n{error}")
    except (ChildFailedError, FunctionFailedError, SessionsFileError, SettingsFileError, AzureError) as error:
        return _failed(str(error))


def _failed(why: str) -> int:
    print(f"\n{why}", file=sys.stderr, flush=True)
    return 1


def _sources(chosen: argparse.Namespace) -> str:
    return f"{chosen.settings}, or of {chosen.state / KEYS} for a key"


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of the command line; `at` is an aware datetime or None."""
    parser = argparse.ArgumentParser(prog="dev.py run", description="Runs the whole service until Ctrl+C.")
    parser.add_argument("--port", type=_free_port, metavar="N", help="port of the site; any free port by default")
    clock = parser.add_mutually_exclusive_group()
    clock.add_argument(
        "--at",
        type=_wall,
        metavar='"2023-09-07 14:00"',
        help="where the clock starts, by the clocks of the content file",
    )
    clock.add_argument("--now", action="store_true", help="the real time")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="let the clock run N times as fast")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder to keep the tables in; in memory by default")
    parser.add_argument(
        "--mail", choices=sorted(MAIL_SERVICES), help="the email service; that of the settings by default"
    )
    parser.add_argument(
        "--content", type=Path, metavar="FILE", help="the content file; that of the settings by default"
    )
    parser.add_argument("--open", action="store_true", help="open the site in the browser")
    # For tests of this command: another function app, and other places for what it keeps and for its settings.
    parser.add_argument("--app", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    parser.add_argument("--settings", type=Path, default=DEVELOPER_SETTINGS_FILE, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    use_content_file(chosen.content and chosen.content.resolve(), chosen.settings)
    try:
        chosen.at = chosen.at and _moment(chosen.at)
    except NoSuchTimeError as error:
        parser.error(f"argument --at: {error}")
    return chosen


def _free_port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536 or not is_free(port):
        raise argparse.ArgumentTypeError(f"port {text} is in use or not valid: choose another, or omit --port")
    return port


def _moment(wall: datetime) -> datetime:
    return wall if wall.tzinfo else instant(wall.date(), wall.time())


def _wall(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f'{text!r} is not a date and time like "2023-09-07 14:00"') from error


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError("the speed must be a number greater than 0")
    return speed


def _run(chosen: argparse.Namespace) -> NoReturn:
    print(clock_notice(chosen), flush=True)
    with started(_plan(chosen)) as stack:
        ready = _addresses(stack)
        _announce(stack, ready)
        if chosen.open:
            webbrowser.open(ready["site"])
        with _publish_addresses(ready, chosen.state / RUNNING):
            _watch(stack)


def clock_notice(chosen: argparse.Namespace) -> str:
    """Explains the time that the clock will show to whoever starts it."""
    if chosen.now:
        return "The clock shows the real time."
    if chosen.at:
        return f"The clock starts at {moment_in_words(chosen.at)} in {here().clocks}."
    return (
        f"The clock starts at {moment_in_words(_DEFAULT_START)} in {here().clocks}, because the example sessions are "
        "of 2023: --now for the real time, --at for another moment."
    )


def _plan(chosen: argparse.Namespace) -> Plan:
    if chosen.data:
        chosen.data.mkdir(parents=True, exist_ok=True)
    return Plan(
        at=None if chosen.now else chosen.at or _DEFAULT_START,
        speed=chosen.speed,
        port=chosen.port,
        folder=_new_folder(chosen.state / "logs"),
        keys=load_or_create_keys(chosen.state / KEYS),
        settings=chosen_settings(chosen),
        developer_settings_file=chosen.settings,
        data=chosen.data,
        app=chosen.app.resolve(),
        reports=chosen.app.resolve() == ROOT,
    )


def chosen_settings(chosen: argparse.Namespace) -> dict[str, str]:
    """Settings that the options choose over those of the settings file."""
    content = {"CONTENT_FILE": str(chosen.content.resolve())} if chosen.content else {}
    return MAIL_SERVICES.get(chosen.mail, {}) | content


def _new_folder(logs: Path) -> Path:
    folder = logs / f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{os.getpid()}"
    folder.mkdir(parents=True)
    for old in sorted(logs.iterdir())[:-_RUNS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def _addresses(stack: Stack) -> dict[str, str]:
    return {
        "site": stack.site,
        "inbox": stack.mail.url,
        "tables": stack.azurite.tables(),
        "queues": stack.azurite.queues(),
        "blobs": stack.azurite.blobs(),
        "referral_tables": stack.azurite.tables(REFERRALS),
        "referral_queues": stack.azurite.queues(REFERRALS),
        "referral_blobs": stack.azurite.blobs(REFERRALS),
        "clock": str(stack.clock_path),
        "admin_key": stack.hosts[0].master_key,
        "content": stack.settings["CONTENT_FILE"],
    }


def _announce(stack: Stack, ready: Mapping[str, str]) -> None:
    print(
        f"\n  The site            {ready['site']}"
        f"\n  The emails it sent  {ready['inbox']}"
        f"\n  The tables          {ready['tables']} (of referrals: {ready['referral_tables']})"
        f"\n  Logs                {stack.clock_path.parent}"
        "\n  Ctrl+C stops everything.\n"
    )
    print(f"READY {json.dumps(ready)}", flush=True)


@contextmanager
def _publish_addresses(ready: Mapping[str, str], path: Path) -> Iterator[None]:
    """Says in a file where this run is, for the other commands; the latest run has the file."""
    text = json.dumps({**ready, "pid": os.getpid()})
    path.write_text(text, "utf-8")
    try:
        yield
    finally:
        if path.exists() and path.read_text("utf-8") == text:
            path.unlink(missing_ok=True)


def _watch(stack: Stack) -> NoReturn:
    """Prints the function host's log until something stops."""
    with stack.hosts[0].child.log.open(encoding="utf-8", errors="replace") as log:
        while True:
            print(log.read(), end="", flush=True)
            stack.check()
            time.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
