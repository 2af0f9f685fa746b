"""Libraries of the package: licences as they say them, and nothing of the machine that built it."""

from pathlib import Path

import pytest

from local.package.libraries import content_languages, remove_locales, remove_programs
from local.package.licences import Library, installed, write_licences

TEXT = "Copyright (c) 2021, a person and contributors"


def library(folder: Path, *metadata: str) -> Library:
    """One that is installed with these lines of metadata, a licence and a program."""
    info = folder / "some_library-1.0.dist-info"
    (info / "licenses").mkdir(parents=True)
    lines = ["Metadata-Version: 2.4", "Name: Some_Library", "Version: 1.0", *metadata]
    (info / "METADATA").write_text("\n".join(lines) + "\n", "utf-8")
    (info / "licenses" / "LICENSE.txt").write_text(f"{TEXT}\n", "utf-8")
    (info / "RECORD").write_text("some.py,sha256=a,1\r\n../../bin/some,sha256=b,2\r\n", "utf-8", newline="")
    (folder / "bin").mkdir()
    (folder / "bin" / "some").write_text("#!/home/a-developer/.venv/bin/python\n", "utf-8")
    [found] = installed(folder)
    return found


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (["License-Expression: MIT-0", "License: something else"], "MIT-0"),
        (["License: Apache-2.0", "Classifier: License :: OSI Approved :: Apache Software License"], "Apache-2.0"),
        ([f"License: {TEXT}", "Classifier: License :: OSI Approved :: BSD License"], "BSD License"),
        (["Classifier: License :: A", "Classifier: Topic :: B", "Classifier: License :: C"], "A AND C"),
        ([f"License: {TEXT}"], TEXT),
        ([], ""),
    ],
)
def test_a_library_has_the_licence_that_its_metadata_says(metadata: list[str], licence: str, tmp_path: Path) -> None:
    found = library(tmp_path, *metadata)

    assert (found.name, found.version, found.licence) == ("some-library", "1.0", licence)


def test_licences_are_listed_and_quoted(tmp_path: Path) -> None:
    library(tmp_path, "License-Expression: MIT")

    write_licences(tmp_path, tmp_path / "licences.txt")

    written = (tmp_path / "licences.txt").read_text("utf-8")
    assert written.startswith("some-library 1.0: MIT\n")
    assert f"some-library 1.0, licenses/LICENSE.txt\n{'=' * 80}\n\n{TEXT}\n" in written


def test_programs_for_a_console_are_taken_out_with_their_records(tmp_path: Path) -> None:
    info = library(tmp_path).metadata_folder

    remove_programs(tmp_path)

    assert not (tmp_path / "bin").exists()
    assert (info / "RECORD").read_bytes() == b"some.py,sha256=a,1\n"


def test_babel_knows_the_languages_of_the_content_and_no_other(tmp_path: Path) -> None:
    data, info = tmp_path / "babel" / "locale-data", tmp_path / "babel-2.19.0.dist-info"
    data.mkdir(parents=True)
    info.mkdir()
    names = ["ar.dat", "ar_EG.dat", "arn.dat", "cy.dat", "root.dat", "zh.dat", "zh_Hans.dat"]
    for name in names:
        (data / name).write_bytes(b"")
    (info / "RECORD").write_text("".join(f"babel/locale-data/{name},sha256=a,0\n" for name in names), "utf-8")

    remove_locales(tmp_path, ["ar", "zh"])

    kept = ["ar.dat", "ar_EG.dat", "root.dat", "zh.dat", "zh_Hans.dat"]
    assert sorted(path.name for path in data.iterdir()) == kept
    assert [line.split(",")[0] for line in (info / "RECORD").read_text("utf-8").splitlines()] == [
        f"babel/locale-data/{name}" for name in kept
    ]
    assert content_languages() == ["en"]
