"""The mutation drill: one line at a time is made wrong in a copy of the project, and tests of its promise must fail.

`mutations.toml` lists the lines. `.venv/bin/python -m tests.unit.mutation.drill [WORD]` applies all of them, or those
whose file, promise or mistake has that word, and prints a table. Nothing is changed in place.
"""

import compileall
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from py_compile import PycInvalidationMode
from queue import SimpleQueue
from subprocess import PIPE

from tests.builders import ROOT
from tests.unit.mutation import pytest_server

_LIST = Path(__file__).with_name("mutations.toml")
_COMPILED = ("functions", "local", "shared")
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0")
_LONGEST = 300  # seconds for the tests of one mutation
_SERVER = (sys.executable, "-P", str(Path(pytest_server.__file__)))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A line of a file without its indentation, the wrong one for it, the mistake that it is, and tests that notice."""

    promise: str
    file: str
    old: str
    new: str
    mistake: str
    tests: tuple[str, ...]

    def apply(self, source: str) -> str:
        """The source with the wrong line. Raises ValueError unless the line stands in it exactly once."""
        lines = source.splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if line.strip() == self.old]
        if len(found) != 1:
            raise ValueError(f"{len(found)} lines of {self.file} are: {self.old}")
        line = lines[found[0]]
        lines[found[0]] = f"{line[: len(line) - len(line.lstrip())]}{self.new}\n"
        return "".join(lines)


class Verdict(StrEnum):
    """Outcome of one mutation. Only `red` is as it should be."""

    RED = "red"
    SURVIVED = "SURVIVED"
    BROKEN = "BROKEN"
    HUNG = "HUNG"


_VERDICTS = {0: Verdict.SURVIVED, 1: Verdict.RED, pytest_server.HUNG: Verdict.HUNG}
"""By pytest's exit code, which is neither 0 nor 1 if no test ran or a file cannot be imported."""


@dataclass(frozen=True, slots=True)
class Outcome:
    mutation: Mutation
    verdict: Verdict
    seconds: float

    def __str__(self) -> str:
        where = f"{self.mutation.promise:<8} {self.mutation.file}"
        return f"{self.verdict:<8} {self.seconds:6.1f} s  {where}: {self.mutation.mistake}"


@dataclass(frozen=True, slots=True)
class _Worker:
    """A copy of the project, and the process that runs its tests."""

    tree: Path
    server: subprocess.Popen[str]

    def run_tests(self, tests: Sequence[str], seconds: int) -> int:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps([str(self.tree), seconds, *_OPTIONS, *tests]) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())


def mutations() -> tuple[Mutation, ...]:
    listed = tomllib.loads(_LIST.read_text("utf-8"))["mutation"]
    return tuple(Mutation(**each | {"tests": tuple(each["tests"])}) for each in listed)


def drill(wanted: Sequence[Mutation], workers: int = 1) -> list[Outcome]:
    """Applies each mutation by itself, in as many copies of the project as there are workers.

    Raises:
        AssertionError: their tests fail without any mutation, and so prove nothing.
    """
    tests = sorted({test for each in wanted for test in each.tests})
    with _workers(workers) as free, ThreadPoolExecutor(workers) as pool:
        worker = free.get()
        code = worker.run_tests(tests, _LONGEST * len(wanted))
        free.put(worker)
        assert code == 0, "the tests fail without a mutation"
        return list(pool.map(lambda each: _outcome(each, free), wanted))


@contextmanager
def _workers(number: int) -> Iterator[SimpleQueue[_Worker]]:
    free: SimpleQueue[_Worker] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder, ExitStack() as started:
        for each in range(number):
            server = started.enter_context(
                subprocess.Popen(_SERVER, stdin=PIPE, stdout=PIPE, text=True, env=_environment())
            )
            free.put(_Worker(_copy(Path(folder) / str(each)), server))
        yield free


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"}


def _copy(tree: Path) -> Path:
    """A copy of all but hidden files, compiled so that a module is read anew once its text is another one."""
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for name in _COMPILED:
        compileall.compile_dir(tree / name, quiet=2, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return tree


def _outcome(mutation: Mutation, free: SimpleQueue[_Worker]) -> Outcome:
    worker, began = free.get(), time.monotonic()
    path = worker.tree / mutation.file
    source = path.read_text("utf-8")
    try:
        path.write_text(mutation.apply(source), "utf-8")
        code = worker.run_tests(mutation.tests, _LONGEST)
    finally:
        path.write_text(source, "utf-8")
        free.put(worker)
    return Outcome(mutation, _VERDICTS.get(code, Verdict.BROKEN), time.monotonic() - began)


def report(outcomes: Sequence[Outcome]) -> str:
    """A table for people to read: a line for each mutation, and the number of those that turned a test red."""
    red = sum(each.verdict is Verdict.RED for each in outcomes)
    return "\n".join([*map(str, outcomes), f"{red} of {len(outcomes)} mutations turned a test red"])


def main(words: Sequence[str]) -> int:
    wanted = [
        each for each in mutations() if all(word in f"{each.file} {each.promise} {each.mistake}" for word in words)
    ]
    outcomes = drill(wanted, os.process_cpu_count() or 1)
    sys.stdout.write(f"{report(outcomes)}\n")
    return int(any(each.verdict is not Verdict.RED for each in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
