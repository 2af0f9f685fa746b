"""The folder of the package: the service, its compiled templates, its libraries and the byte code of everything."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pathspec import GitIgnoreSpec

from local.package.byte_code import compile_modules
from local.package.templates import EMAILS, PAGES, compile_templates
from local.paths import ROOT

SERVICE = ("function_app.py", "host.json", "requirements.txt", "functions", "shared")
LIBRARIES = Path(".python_packages/lib/site-packages")
"""The path on which Azure's worker looks for libraries first."""

IGNORE_FILE = ".funcignore"
_NOTHING_IGNORED = "# Without this file azd would leave out the byte code (__pycache__). It ignores nothing.\n"
_DATE = 315_532_800  # seconds since 1970: 1 January 1980 in UTC, the first day that a zip can hold


def build_folder(target: Path, libraries: Path) -> None:
    """Makes the folder anew, the same each time; `libraries` is a folder of installed and compiled ones.

    Raises:
        ByteCodeError: a module does not compile.
    """
    shutil.rmtree(target, ignore_errors=True)
    for path in service_files():
        _copy(ROOT / path, target / path)
    compile_templates(target / PAGES, target / EMAILS)
    compile_modules(target)
    shutil.copytree(libraries, target / LIBRARIES, copy_function=shutil.copyfile)
    (target / IGNORE_FILE).write_text(_NOTHING_IGNORED, "utf-8", newline="\n")
    for path in target.rglob("*"):
        os.utime(path, (_DATE, _DATE))


def service_files(root: Path = ROOT) -> list[Path]:
    """The files of the service that are deployed, relative to the root: those that `.funcignore` does not name.

    Compiled templates are not among them, because they are compiled anew.
    """
    ignored = GitIgnoreSpec.from_lines((root / IGNORE_FILE).read_text("utf-8").splitlines())
    found = (path.relative_to(root) for path in _below(root))
    ours = (path for path in found if path.parent not in {PAGES, EMAILS})
    return sorted(path for path in ours if not ignored.match_file(path.as_posix()))


def _below(root: Path) -> Iterator[Path]:
    for name in SERVICE:
        yield from (path for path in (root / name, *(root / name).rglob("*")) if path.is_file())


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
