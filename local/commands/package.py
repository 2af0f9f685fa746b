"""`python dev.py package`: builds what is deployed to both apps, as a folder and as a zip, and says what is in it."""

import argparse
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.package.archive import write_zip
from local.package.byte_code import ByteCodeError
from local.package.folder import IGNORE_FILE, LIBRARIES, build_folder
from local.package.libraries import REQUIREMENTS, LibrariesError, kept_libraries
from local.package.licences import installed, write_licences
from local.package.sbom import write_sbom
from local.paths import STATE

_KINDS: Mapping[str, str] = {".pyc": "modules as byte code", ".bin": "compiled templates", ".py": "modules"}
_OTHERS = "other files"


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py package", description="Builds what is deployed to both apps.")
    parser.add_argument("--to", type=Path, default=STATE, metavar="DIR", help="where to put it; .local by default")
    chosen = parser.parse_args(arguments)
    try:
        package = build(chosen.to, kept_libraries(STATE))
    except (LibrariesError, ByteCodeError) as error:
        print(error, file=sys.stderr)
        return 1
    print(summary(package))
    return 0


def build(target: Path, libraries: Path) -> Path:
    """Builds the folder and, beside it, its zip, the list of its libraries (SBOM) and their licences.

    Returns:
        The path of the zip.
    """
    folder, package = target / "package", target / "package.zip"
    target.mkdir(parents=True, exist_ok=True)
    build_folder(folder, libraries)
    write_zip(folder, package, leave_out=frozenset({IGNORE_FILE}))
    licences = {library.name: library.licence for library in installed(libraries)}
    write_sbom(REQUIREMENTS, licences, target / "package.cdx.json")
    write_licences(libraries, target / "package.licences.txt")
    return package


def summary(package: Path) -> str:
    """The sizes of a zip and of its contents, and how many files of which kind are in it."""
    with zipfile.ZipFile(package) as archive:
        files = archive.infolist()
    of_libraries = [each for each in files if Path(each.filename).is_relative_to(LIBRARIES)]
    ours = [each for each in files if not Path(each.filename).is_relative_to(LIBRARIES)]
    total = _megabytes(sum(each.file_size for each in files))
    return "\n".join(
        [
            f"{package}: {_megabytes(package.stat().st_size)}, unpacked {total}",
            _contents("the service", ours),
            _contents("libraries", of_libraries),
            "beside it: the folder package, package.cdx.json (CycloneDX), package.licences.txt",
        ]
    )


def _contents(name: str, files: Sequence[zipfile.ZipInfo]) -> str:
    kinds = Counter(_KINDS.get(Path(each.filename).suffix, _OTHERS) for each in files)
    counted = ", ".join(f"{kinds[kind]} {kind}" for kind in (*_KINDS.values(), _OTHERS) if kinds[kind])
    return f"  {name}: {_megabytes(sum(each.file_size for each in files))} in {len(files)} files: {counted}"


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
