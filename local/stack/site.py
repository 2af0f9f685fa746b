"""Runs the service on the local function host: settings from a file, time from the local clock."""

import argparse
import json
import sys
from pathlib import Path

from local.clock import LocalClock
from local.host import HostKeys, serve
from local.paths import ROOT
from shared.bootstrap import use_clock


def main() -> int:
    parser = argparse.ArgumentParser(prog="local.stack.site", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--settings", type=Path, required=True, help='JSON: {"values": {name: value}, "keys": {...}}')
    parser.add_argument("--clock", type=Path, required=True)
    parser.add_argument("--app", type=Path, default=ROOT, help="another function app than the service")
    options = parser.parse_args()
    run = json.loads(options.settings.read_text("utf-8"))
    clock = LocalClock(options.clock)
    use_clock(clock)
    if options.app == ROOT:
        from local.stack.kept_templates import keep_compiled_templates  # noqa: PLC0415  # another app has its own

        keep_compiled_templates()
    return serve(options.app, port=options.port, settings=run["values"], clock=clock, keys=HostKeys(**run["keys"]))


if __name__ == "__main__":
    sys.exit(main())
