"""`python dev.py test`: the checks and tests of the project, or only pytest with the arguments given."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from local.paths import ROOT
from local.process.signals import stoppable

type Steps = Mapping[str, Sequence[str]]

PAGES = ("functions/templates",)
EMAILS = ("--extension", "jinja", "shared/mail/templates")
QUICK, NIGHTLY = "--quick", "--nightly"
_SHARED = "tests/unit/shared"
# Units that go through many cases: proofs, searches and drills. The long files first, as below.
SEARCHES = tuple((ROOT / "tests" / "searches.txt").read_text("utf-8").split())
_BUT_SEARCHES = tuple(f"--ignore={path}" for path in SEARCHES)
# Half of the work each: a worker of pytest-xdist imports every file of its run, so two runs import each file once.
_UNITS = {
    "units of shared": (*_BUT_SEARCHES, _SHARED),
    "other units": (*_BUT_SEARCHES, f"--ignore={_SHARED}", "tests/unit", "tests/architecture"),
}
# The long files first, so that no worker is left alone with one at the end.
_SERVICES = ("tests/e2e", "tests/integration", "tests/contract")
_MOST_WORKERS = 6  # each runs a service of its own


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    exit_code: int
    seconds: float

    def __str__(self) -> str:
        verdict = f"FAILED (exit code {self.exit_code})" if self.exit_code else "passed"
        return f"  {self.name:<15} {self.seconds:7.1f} s  {verdict}"


def main(arguments: Sequence[str]) -> int:
    """Runs them all, whatever fails, and returns the exit code of the first that failed, else 0."""
    outcomes: list[Outcome] = []
    try:
        with stoppable():
            for steps in stages(arguments):
                _run(steps, outcomes)
    except KeyboardInterrupt:
        print("\nStopped before finishing.")
        return 130
    finally:
        _report(outcomes, arguments)
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)


def stages(arguments: Sequence[str]) -> Sequence[Steps]:
    """Commands by name: those of one stage run at the same time, and a stage begins when the one before has ended."""
    if _are_for_pytest(arguments):
        return [{"pytest": [*_python("pytest"), *arguments]}]
    half = max(_processors() // len(_UNITS), 1)
    quick = {**_checks(), **{name: _pytest(paths, half, arguments) for name, paths in _UNITS.items()}}
    searches = {"searches": _pytest(SEARCHES, _processors(), arguments)}
    # One more than there are processors, because these tests wait for processes that they start.
    services = {"services": _pytest(_SERVICES, min(_processors() + 1, _MOST_WORKERS), arguments)}
    return [quick] if QUICK in arguments else [quick, searches, services]


def _are_for_pytest(arguments: Sequence[str]) -> bool:
    return bool(arguments) and list(arguments) not in ([QUICK], [NIGHTLY])


def _checks() -> Steps:
    """The short ones first: in this order each is shown when it has ended."""
    return {
        "ruff check": [*_python("ruff"), "check", "."],
        "ruff format": [*_python("ruff"), "format", "--check", "."],
        "djlint pages": [_script("djlint"), *PAGES],
        "djlint emails": [_script("djlint"), *EMAILS],
        "lint-imports": [_script("lint-imports")],
        "mypy": _python("mypy"),
    }


def _pytest(paths: Sequence[str], workers: int, arguments: Sequence[str]) -> list[str]:
    # A file stays with one worker: its tests share what they started.
    parallel = ["-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"] if workers > 1 else []
    nightly = [NIGHTLY] if NIGHTLY in arguments else []
    return [*_python("pytest"), *parallel, *nightly, *paths]


def _processors() -> int:
    return os.process_cpu_count() or 1


def _python(module: str) -> list[str]:
    return [sys.executable, "-m", module]


def _script(name: str) -> str:
    return shutil.which(name, path=Path(sys.executable).parent) or name


def _run(steps: Steps, outcomes: list[Outcome]) -> None:
    """Adds each outcome as soon as it is known, so that none is lost when this is interrupted."""
    with ExitStack() as running:
        started = [running.enter_context(_Step.started(name, steps[name], len(steps) == 1)) for name in steps]
        for step in started:
            outcomes.append(step.finish())  # noqa: PERF401 - a comprehension would lose them


@dataclass(frozen=True, slots=True)
class _Step:
    """A command that runs. `output` has what it says until it is its turn; None if it says it at once."""

    name: str
    process: subprocess.Popen[bytes]
    output: IO[bytes] | None
    began: float

    @classmethod
    @contextmanager
    def started(cls, name: str, command: Sequence[str], is_alone: bool) -> Iterator["_Step"]:
        with ExitStack() as opened:
            output = None if is_alone else opened.enter_context(tempfile.TemporaryFile())
            if is_alone:
                _announce(name)
            process = subprocess.Popen(
                command, cwd=ROOT, env=_environment(), stdout=output, stderr=output and subprocess.STDOUT
            )
            try:
                yield cls(name, process, output, time.monotonic())
            except KeyboardInterrupt as stop:
                if signal.SIGINT not in stop.args:  # Ctrl+C went to the whole group, any other signal to us alone
                    process.terminate()
                raise
            finally:
                process.wait()

    def finish(self) -> Outcome:
        """Waits for its end, and shows what it said."""
        code = self.process.wait()
        seconds = time.monotonic() - self.began
        if self.output:
            _announce(self.name)
            self.output.seek(0)
            print(self.output.read().decode(errors="replace"), end="", flush=True)
        return Outcome(self.name, code, seconds)


def _environment() -> dict[str, str]:
    """Ours, but modules are compiled once and kept: the tests start some hundred processes that import the service."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _announce(name: str) -> None:
    print(f"\n== {name}", flush=True)


def _report(outcomes: Sequence[Outcome], arguments: Sequence[str]) -> None:
    print("\nOnly pytest ran, with the arguments given:" if _are_for_pytest(arguments) else "\nWhat ran:")
    print("\n".join(map(str, outcomes)), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
