"""`python dev.py lock`: compiles the exact versions of all packages, with the hash of every file of theirs."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import uv

from local.paths import ROOT

DEPLOYED, LOCAL = "requirements.txt", "local/requirements.txt"
_FLAGS = ("--universal", "--python-version", "3.13", "--no-annotate", "--generate-hashes")
_SOURCES = {DEPLOYED: ("pyproject.toml",), LOCAL: ("--group", "local", "-c", DEPLOYED)}


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code of uv."""
    upgrades = _upgrades(arguments)
    # In this order: the second takes over the versions of the first.
    return next(filter(None, (_compile(target, upgrades) for target in _SOURCES)), 0)


def compile_command(target: str) -> list[str]:
    """The arguments of uv that write the file, as its header shows them."""
    return ["pip", "compile", *_SOURCES[target], *_FLAGS, "-o", target]


def _upgrades(arguments: Sequence[str]) -> list[str]:
    parser = argparse.ArgumentParser(prog="dev.py lock", description="Compiles the requirements and installs nothing.")
    parser.add_argument("--upgrade", action="store_true", help="all packages, within the ranges of pyproject.toml")
    parser.add_argument("--upgrade-package", action="append", default=[], metavar="NAME", help="only this one")
    chosen = parser.parse_args(arguments)
    return [
        *(["--upgrade"] if chosen.upgrade else []),
        *(f"--upgrade-package={name}" for name in chosen.upgrade_package),
    ]


def _compile(target: str, upgrades: Sequence[str], root: Path = ROOT) -> int:
    shown = f"uv {' '.join(compile_command(target))}"
    command = [uv.find_uv_bin(), *compile_command(target), "--quiet", f"--custom-compile-command={shown}", *upgrades]
    return subprocess.run(command, cwd=root, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
