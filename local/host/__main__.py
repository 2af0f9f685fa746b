"""`python -m local.host APP_DIR --port N`: serves a function app until Ctrl+C."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from local.clock import LocalClock
from local.host import HostKeys, serve


def main() -> int:
    arguments = _parser().parse_args()
    keys = _read(arguments.keys) if arguments.keys else None
    return serve(
        arguments.app_dir,
        port=arguments.port,
        settings=_settings(arguments.settings),
        clock=LocalClock(arguments.clock.resolve()) if arguments.clock else None,
        keys=HostKeys(**keys) if keys else None,
        state_dir=arguments.state_dir,
        on_ready=lambda: print(f"Listening on http://127.0.0.1:{arguments.port}", flush=True),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.host", description=__doc__)
    parser.add_argument("app_dir", type=Path, help="folder with function_app.py and host.json")
    parser.add_argument("--port", type=int, required=True, help="of 127.0.0.1")
    parser.add_argument("--settings", type=Path, help='JSON file in the shape of local.settings.json: {"Values": {}}')
    parser.add_argument("--clock", type=Path, help="the clock's file; the machine's clock without it")
    parser.add_argument("--keys", type=Path, help='JSON file {"master": "", "function": "", "system": ""}; else open')
    parser.add_argument("--state-dir", type=Path, help="where timers remember their last run over a restart")
    return parser


def _settings(path: Path | None) -> dict[str, str]:
    return {name: str(value) for name, value in _read(path).get("Values", {}).items()} if path else {}


def _read(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))
    return document


if __name__ == "__main__":
    sys.exit(main())
