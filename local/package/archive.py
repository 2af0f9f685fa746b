"""The zip of a folder: the same bytes for the same files, whenever and wherever they were written."""

import zipfile
from pathlib import Path

_DATE = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
_READABLE = 0o100644  # a regular file that its owner can change and everyone can read
_UNIX = 3


def write_zip(folder: Path, target: Path, leave_out: frozenset[str] = frozenset()) -> None:
    """Writes all files of the folder but those whose path from there is in `leave_out`."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            if name not in leave_out:
                archive.writestr(_entry(name), (folder / name).read_bytes())


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _DATE)
    entry.create_system = _UNIX  # else it says on which system it was made
    entry.external_attr = _READABLE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
