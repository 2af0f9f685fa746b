"""Byte code that is valid whatever the date of its source: a zip rounds dates, and a package cannot be written to."""

import compileall
import py_compile
from pathlib import Path


class ByteCodeError(Exception):
    """A module cannot be compiled."""


def compile_modules(folder: Path) -> None:
    """Compiles every module in the folder, named in its byte code by its path from there.

    Python takes this byte code without looking at the source ("unchecked hash", PEP 552).

    Raises:
        ByteCodeError: a module does not compile; the reason was printed.
    """
    if not compileall.compile_dir(
        folder,
        quiet=1,
        force=True,
        stripdir=str(folder),
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    ):
        raise ByteCodeError(f"Not every module in {folder} compiles.")
