"""The developer's commands, as `dev.py` was called with them. Standard library only: .venv may not be there yet."""

import os
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from local.paths import ROOT, VENV
from local.process.signals import block_signals, stoppable
from local.setup.install import InstallError, install

USAGE = """\
python dev.py [run] [options]   installs what is missing and runs the whole service until Ctrl+C
python dev.py test              all checks and tests but those that take long and find little
python dev.py test --quick      the checks and the unit tests, but those that try many cases
python dev.py test --nightly    all checks and all tests
python dev.py test ARGUMENTS    only pytest, with these arguments
python dev.py load FILE         loads sessions (.xlsx or CSV) into the service that is running
python dev.py smoke --site URL  tests a running installation: pages, health, a booking, a made-up referral
python dev.py passphrase        makes a passphrase for the provider, and prints it and its hash
python dev.py secrets           puts the secrets that are missing into the vaults of an installation in Azure
python dev.py restore           puts back rows that are missing from an installation's tables, from a daily copy
python dev.py screenshots       takes a picture of every page and every email, to leaf through
python dev.py content FILE      checks a content file, lists what is to be agreed, and shows the site with it
python dev.py bench [PART]      measures how fast it is, part by part, against its budgets
python dev.py opener            builds the file with which the provider makes keys and opens sealed referrals
python dev.py package           builds what is deployed, as a folder and a zip, and lists its libraries (SBOM)
python dev.py lock [--upgrade]  compiles the requirements with their hashes, and installs nothing

`run`, `load`, `restore`, `screenshots`, `content`, `bench` and `opener` say with --help which options there are."""

_MODULES = {
    "run": "local.commands.run",
    "test": "local.commands.test",
    "load": "local.commands.load",
    "smoke": "local.commands.smoke",
    "passphrase": "local.commands.passphrase",
    "secrets": "local.commands.secrets",
    "restore": "local.commands.restore",
    "screenshots": "local.commands.screenshots",
    "content": "local.commands.content",
    "bench": "benchmarks.run",
    "opener": "local.opener.command",
    "package": "local.commands.package",
    "lock": "local.commands.lock",
}
_HELP = {"help", "-h", "--help"}


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    command, *rest = arguments if arguments and not _is_option(arguments[0]) else ["run", *arguments]
    if command not in _MODULES:
        is_help = command in _HELP
        print(USAGE, file=sys.stdout if is_help else sys.stderr)
        return 0 if is_help else 2
    # Else each of the many processes of a run compiles every module anew, a second of CPU time each.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    try:
        with stoppable():
            python = install()
            block_signals()
    except KeyboardInterrupt:
        print("Stopped before starting.", flush=True)
        return 0 if command == "run" else 130
    except InstallError as error:
        print(error, file=sys.stderr)
        return 1
    if Path(sys.prefix).samefile(VENV):
        sys.argv = [command, *rest]
        runpy.run_module(_MODULES[command], run_name="__main__", alter_sys=True)
    return _replace_process([python, ROOT / "dev.py", *arguments])


def _is_option(argument: str) -> bool:
    return argument.startswith("-") and argument not in _HELP


def _replace_process(command: Sequence[str | Path]) -> int:
    if sys.platform != "win32":
        os.execv(command[0], [str(part) for part in command])  # noqa: S606 - no shell, so that it gets our signals
    return _run_as_child(command)


def _run_as_child(command: Sequence[str | Path]) -> int:
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue  # Ctrl+C went to it as well, and it stops in its own time


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
