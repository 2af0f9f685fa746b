"""Runs the benchmarks: prints one line for each figure, and writes all of them as JSON. It fails for no figure."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.measure import Measure
from benchmarks.parts import (
    beside_pretix,
    booking,
    cold_start,
    contention,
    emails,
    long_values,
    many_rows,
    package,
    requests,
    sessions_list,
    timer_run,
)
from local.paths import ROOT

BENCHMARKS: Mapping[str, Callable[[Path], Iterator[Measure]]] = {
    "booking": booking.measures,
    "contention": contention.measures,
    "cold-start": cold_start.measures,
    "emails": emails.measures,
    "many-rows": many_rows.measures,
    "package": package.measures,
    "requests": requests.measures,
    "pretix": beside_pretix.measures,
    "sessions-list": sessions_list.measures,
    "timer-run": timer_run.measures,
    "long-values": long_values.measures,
}
_RESULTS = ROOT / ".local" / "benchmarks.json"


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="benchmarks to run; all without a name")
    parser.add_argument("--json", type=Path, default=_RESULTS, help="the file for the figures (%(default)s)")
    options = parser.parse_args()
    found: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for name in options.names or BENCHMARKS:
            for measure in BENCHMARKS[name](Path(folder)):
                print(measure.line(), flush=True)
                found.append(measure.as_json())
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(found, indent=2), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
