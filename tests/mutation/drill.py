"""The mutation drill: one line at a time is made wrong in a copy of the project, and tests of its promise must fail.

`mutations.toml` lists the lines. `.venv/bin/python -m tests.mutation.drill [WORD]` applies all of them, or those
whose file, promise or mistake has that word, names each that is done, and prints a table at the end. Nothing is changed
in place.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE

from tests.builders import ROOT
from tests.mutation import pytest_server

WORKERS = 2  # processes at most
_LIST = Path(__file__).with_name("mutations.toml")
_OPTIONS = ("-q", "-x", "-p", "no:cacheprovider", "--hypothesis-seed=0")
_LONGEST = 300  # seconds for the tests of one mutation
_LATER = 60  # seconds between the times of a file and of the one with a mistake, by which Python tells them apart
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
    """A mutation, and the first test that failed; "" if none did."""

    mutation: Mutation
    verdict: Verdict
    seconds: float
    failed: str

    def __str__(self) -> str:
        mutation = self.mutation
        what = f"{self.verdict:<8} {self.seconds:5.1f} s  {mutation.promise:<8}"
        path, _, test = self.failed.partition("::")
        return f"{what} | {mutation.file}: {mutation.mistake} | {Path(path).name}::{test}"


@dataclass(frozen=True, slots=True)
class _Worker:
    """A copy of the project, and the process that runs its tests."""

    tree: Path
    server: subprocess.Popen[str]

    def run_tests(self, tests: Sequence[str], seconds: int, *, is_mutated: bool) -> tuple[int, str]:
        """The exit code of pytest, or `HUNG`, and the first test that failed."""
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        self.server.stdin.write(json.dumps([str(self.tree), seconds, is_mutated, *_OPTIONS, *tests]) + "\n")
        self.server.stdin.flush()
        code, failed = json.loads(self.server.stdout.readline())
        return code, failed


def mutations() -> tuple[Mutation, ...]:
    listed = tomllib.loads(_LIST.read_text("utf-8"))["mutation"]
    return tuple(Mutation(**each | {"tests": tuple(each["tests"])}) for each in listed)


def drill(wanted: Sequence[Mutation], workers: int = 1, say: Callable[[str], object] = str) -> list[Outcome]:
    """Applies each mutation by itself, in as many copies of the project as there are workers.

    Each outcome is said as soon as it is known.

    Raises:
        AssertionError: their tests fail without any mutation, and so prove nothing.
    """
    outcomes: list[Outcome] = []
    with _workers(workers, wanted) as free, ThreadPoolExecutor(workers) as pool:
        for done in pool.map(lambda each: _outcome(each, free), wanted):
            outcomes.append(done)
            say(f"{len(outcomes)}/{len(wanted)} {done}")
    return outcomes


@contextmanager
def _workers(number: int, wanted: Sequence[Mutation]) -> Iterator[SimpleQueue[_Worker]]:
    """Workers whose copies pass the tests of these mutations, with what Python has compiled for that."""
    free: SimpleQueue[_Worker] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder, ExitStack() as started:
        trees = [Path(folder) / str(each) for each in range(number)]
        servers = [started.enter_context(_server()) for _ in trees]
        shutil.copytree(ROOT, trees[0], ignore=shutil.ignore_patterns(".*", "__pycache__"))
        _check_unmutated(_Worker(trees[0], servers[0]), wanted)
        for tree in trees[1:]:
            shutil.copytree(trees[0], tree)
        for tree, server in zip(trees, servers, strict=True):
            free.put(_Worker(tree, server))
        yield free


def _server() -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.Popen(_SERVER, stdin=PIPE, stdout=PIPE, text=True, env=kept)


def _check_unmutated(worker: _Worker, wanted: Sequence[Mutation]) -> None:
    tests = sorted({test for each in wanted for test in each.tests})
    code, failed = worker.run_tests(tests, _LONGEST * len(wanted), is_mutated=False)
    assert code == 0, f"{failed or code} fails without a mutation"


def _outcome(mutation: Mutation, free: SimpleQueue[_Worker]) -> Outcome:
    worker, began = free.get(), time.monotonic()
    path = worker.tree / mutation.file
    source, written = path.read_text("utf-8"), path.stat().st_mtime
    try:
        _write(path, mutation.apply(source), written + _LATER)
        code, failed = worker.run_tests(mutation.tests, _LONGEST, is_mutated=True)
    finally:
        _write(path, source, written)
        free.put(worker)
    return Outcome(mutation, _VERDICTS.get(code, Verdict.BROKEN), time.monotonic() - began, failed)


def _write(path: Path, source: str, written: float) -> None:
    path.write_text(source, "utf-8")
    os.utime(path, (written, written))


def report(outcomes: Sequence[Outcome]) -> str:
    """A table for people to read: each mutation, its promise, the test that it turned red, and how many did."""
    red = sum(each.verdict is Verdict.RED for each in outcomes)
    return "\n".join([*map(str, outcomes), f"{red} of {len(outcomes)} mutations turned a test red"])


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def main(words: Sequence[str]) -> int:
    wanted = [
        each for each in mutations() if all(word in f"{each.file} {each.promise} {each.mistake}" for word in words)
    ]
    outcomes = drill(wanted, min(WORKERS, os.process_cpu_count() or 1), _say)
    sys.stdout.write(f"{report(outcomes)}\n")
    return int(any(each.verdict is not Verdict.RED for each in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
