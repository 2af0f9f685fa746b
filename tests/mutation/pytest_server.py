"""Runs pytest in forks of one process that has imported the libraries, which saves half of the time of a short run.

Started with `python -P`. Each line of its input is a JSON list of a folder, the seconds that the run may take, true if
what Python compiles is not to be kept, and the arguments of pytest. Its answer is a line with a JSON list of the exit
code, or `HUNG`, and of the first test that failed.
"""

import importlib
import json
import os
import signal
import sys

import pytest

HUNG = -signal.SIGALRM
_LIBRARIES = (
    *("azure.communication.email", "azure.data.tables", "azure.functions", "azure.identity", "azure.storage.blob"),
    *(
        "azure.keyvault.keys.crypto",
        "cryptography.hazmat.primitives.ciphers.aead",
        "cryptography.x509",
        "email_validator",
    ),
    *("babel.dates", "icalendar", "jinja2", "jwt", "phonenumbers", "pydantic", "requests", "werkzeug"),
)  # nothing of the project: each fork imports that from its own folder


def main() -> None:
    for name in _LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        folder, seconds, sys.dont_write_bytecode, *options = json.loads(line)
        sys.stdout.write(f"{json.dumps(_run(folder, seconds, options))}\n")
        sys.stdout.flush()


class _FirstFailure:
    """Plugin of pytest that writes the name of a test, or of a file, that fails; `-x` makes it the only one."""

    def __init__(self, written: int) -> None:
        self._written = written

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._note(report)

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.failed:
            os.write(self._written, f"{report.nodeid}\n".encode())


def _run(folder: str, seconds: int, options: list[str]) -> tuple[int, str]:
    read, written = os.pipe()
    child = os.fork()
    if not child:
        os._exit(_run_pytest(folder, seconds, options, written))
    os.close(written)
    with os.fdopen(read, encoding="utf-8") as said:
        first = said.readline().strip()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), first


def _run_pytest(folder: str, seconds: int, options: list[str], written: int) -> int:
    silent = os.open(os.environ.get("PYTEST_SERVER_OUTPUT", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(silent, stream)
    signal.alarm(seconds)  # its default action ends the fork
    os.chdir(folder)
    return int(pytest.main(options, plugins=[_FirstFailure(written)]))


if __name__ == "__main__":
    main()
