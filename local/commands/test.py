"""`python dev.py test`: every check and test of the project, or only pytest with the arguments given."""

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.paths import ROOT
from local.process.signals import stoppable

PAGES = ("functions/templates",)
MAILS = ("--extension", "jinja", "shared/mail/templates")
_SUITES = ("unit", "architecture", "contract", "integration", "e2e")


@dataclass(frozen=True, slots=True)
class Outcome:
    name: str
    exit_code: int
    seconds: float

    def __str__(self) -> str:
        verdict = f"FAILED (exit code {self.exit_code})" if self.exit_code else "passed"
        return f"  {self.name:<12} {self.seconds:7.1f} s  {verdict}"


def main(arguments: Sequence[str]) -> int:
    """Runs them all, whatever fails, and returns the exit code of the first that failed, else 0."""
    outcomes: list[Outcome] = []
    try:
        with stoppable():
            for name, command in steps(arguments).items():
                outcomes.append(_outcome(name, command))
    except KeyboardInterrupt:
        print("\nStopped before finishing.")
        return 130
    finally:
        _report(outcomes, arguments)
    return next((outcome.exit_code for outcome in outcomes if outcome.exit_code), 0)


def steps(arguments: Sequence[str]) -> Mapping[str, Sequence[str]]:
    python = [sys.executable, "-m"]
    if arguments:
        return {"pytest": [*python, "pytest", *arguments]}
    suites = [f"tests/{name}" for name in _SUITES if (ROOT / "tests" / name).is_dir()]
    return {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "lint-imports": [_script("lint-imports")],
        "djlint pages": [_script("djlint"), *PAGES],
        "djlint mails": [_script("djlint"), *MAILS],
        "pytest": [*python, "pytest", *suites],
    }


def _script(name: str) -> str:
    return shutil.which(name, path=Path(sys.executable).parent) or name


def _outcome(name: str, command: Sequence[str]) -> Outcome:
    print(f"\n== {name}", flush=True)
    began = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            code = process.wait()
        except KeyboardInterrupt as stop:
            if signal.SIGINT not in stop.args:  # Ctrl+C went to the whole group, any other signal to us alone
                process.terminate()
            process.wait()
            raise
    return Outcome(name, code, time.monotonic() - began)


def _report(outcomes: Sequence[Outcome], arguments: Sequence[str]) -> None:
    print("\nOnly pytest ran, with the arguments given:" if arguments else "\nWhat ran:")
    print("\n".join(map(str, outcomes)), flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
