"""Runs pytest in forks of one process that has imported the libraries, which saves half of the time of a short run.

Started with `python -P`. Each line of its input is a JSON list of a folder, the seconds that the run may take, and the
arguments of pytest; its answer is a line with the exit code, or with `HUNG`.
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
        folder, seconds, *options = json.loads(line)
        sys.stdout.write(f"{_run(folder, seconds, options)}\n")
        sys.stdout.flush()


def _run(folder: str, seconds: int, options: list[str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    silent = os.open(os.environ.get("PYTEST_SERVER_OUTPUT", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(silent, stream)
    signal.alarm(seconds)  # its default action ends the fork
    os.chdir(folder)
    code = pytest.main(options)
    os._exit(int(code))


if __name__ == "__main__":
    main()
