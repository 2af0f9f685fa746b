"""A zip that depends on its files alone."""

import os
import zipfile
from pathlib import Path

from local.package.archive import write_zip

FILES = {"host.json": b"{}", "functions/a.py": b"a = 1\n", "functions/__pycache__/a.pyc": b"\x00\x01"}


def written(folder: Path, names: list[str], *, date: int, mode: int) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[name])
        path.chmod(mode)
        os.utime(path, (date, date))
    return folder


def test_the_same_files_are_the_same_zip_whenever_and_however_they_were_written(tmp_path: Path) -> None:
    one = written(tmp_path / "one", list(FILES), date=1_600_000_001, mode=0o644)
    other = written(tmp_path / "other", list(FILES)[::-1], date=1_700_000_000, mode=0o700)

    for folder in (one, other):
        write_zip(folder, folder.with_suffix(".zip"))

    assert one.with_suffix(".zip").read_bytes() == other.with_suffix(".zip").read_bytes()


def test_it_holds_every_file_but_those_left_out(tmp_path: Path) -> None:
    folder = written(tmp_path / "one", list(FILES), date=1_600_000_001, mode=0o644)

    write_zip(folder, tmp_path / "one.zip", leave_out=frozenset({"host.json"}))

    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        found = {name: archive.read(name) for name in archive.namelist()}
        rights = {entry.external_attr >> 16 for entry in archive.infolist()}
    assert found == {name: text for name, text in FILES.items() if name != "host.json"}
    assert rights == {0o100644}, "Azure's user can read each of them"
