"""`python -m local.mail`: the email emulator as a process of its own."""

import argparse
import os
import sys
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from local.clock import LocalClock
from local.mail.http.server import serve
from local.mail.settings import ACCESS_KEY_VARIABLE, NOTIFY_KEY_VARIABLE, SECRETS, EmulatorSettings


def main(arguments: list[str] | None = None) -> int:
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    port, clock_file = options.pop("port"), options.pop("clock")
    try:
        settings = EmulatorSettings(**options | _keys())
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        parser.error(f"{first['loc'][0]}: {first['msg']}")
    return serve(settings, port=port, clock=LocalClock(clock_file) if clock_file else _real_clock)


def _keys() -> dict[str, str]:
    variables = {"access_key": ACCESS_KEY_VARIABLE, "notify_key": NOTIFY_KEY_VARIABLE}
    return {setting: os.environ.get(variable, "") for setting, variable in variables.items()}


def _real_clock() -> datetime:
    return datetime.now(UTC)


def _parser() -> argparse.ArgumentParser:
    about = (
        f"Email APIs of Azure and GOV.UK Notify, on this machine only. The access key, in base64, is read from "
        f"{ACCESS_KEY_VARIABLE}, the API key of Notify from {NOTIFY_KEY_VARIABLE}."
    )
    parser = argparse.ArgumentParser("python -m local.mail", description=about)
    parser.add_argument("--port", type=int, required=True, help="0 = any free one; the URL is printed")
    parser.add_argument("--sender", dest="senders", action="append", required=True, metavar="ADDRESS")
    parser.add_argument("--clock", type=Path, metavar="FILE", help="a clock file; without it, real time")
    for setting in fields(EmulatorSettings):
        if setting.default is not MISSING and setting.name not in SECRETS:
            _add_option(parser, setting)
    return parser


def _add_option(parser: argparse.ArgumentParser, setting: Field[object]) -> None:
    """Every setting with a default is an option of the same name, e.g. `--per-minute`; durations in seconds."""
    option = f"--{setting.name.replace('_', '-')}"
    if isinstance(setting.default, timedelta):
        parser.add_argument(option, type=_seconds, default=setting.default)
    else:
        parser.add_argument(option, type=int if isinstance(setting.default, int) else str, default=setting.default)


def _seconds(text: str) -> timedelta:
    return timedelta(seconds=float(text))


if __name__ == "__main__":
    sys.exit(main())
