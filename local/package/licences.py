"""Licences of the libraries in the package, as their own metadata and files say them."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from packaging.utils import canonicalize_name

_TEXTS = ("licen", "copying", "notice", "authors")
_CLASSIFIER = "License :: "
_LONGEST_NAME = 40
_RULE = "=" * 80


@dataclass(frozen=True, slots=True)
class Library:
    """An installed library. `licence` is "" if its metadata says none."""

    name: str
    version: str
    licence: str
    metadata_folder: Path

    def texts(self) -> Iterator[tuple[str, str]]:
        """Name and text of each file with a licence that the library brings."""
        for path in sorted(self.metadata_folder.rglob("*")):
            if path.is_file() and path.name.lower().startswith(_TEXTS):
                yield path.relative_to(self.metadata_folder).as_posix(), path.read_text("utf-8", errors="replace")


def installed(libraries: Path) -> list[Library]:
    """Every library in a folder of installed ones, in the order of their names."""
    found = [(folder, Distribution.at(folder)) for folder in libraries.glob("*.dist-info")]
    every = [Library(canonicalize_name(each.name), each.version, _licence(each), folder) for folder, each in found]
    return sorted(every, key=lambda library: library.name)


def _licence(library: Distribution) -> str:
    """An SPDX expression; older metadata has free text, which may be the licence itself, or a classifier."""
    metadata = library.metadata
    text = metadata.get("License") or ""
    classifiers = (each for each in metadata.get_all("Classifier", []) if each.startswith(_CLASSIFIER))
    classified = " AND ".join(each.rpartition(" :: ")[2] for each in classifiers)
    named = classified or text
    return metadata.get("License-Expression") or (text if 0 < len(text) <= _LONGEST_NAME else named)


def write_licences(libraries: Path, target: Path) -> None:
    """Writes a list of all libraries with their licences, then the texts that each brings."""
    found = installed(libraries)
    listed = "".join(f"{each.name} {each.version}: {each.licence}\n" for each in found)
    texts = (
        f"\n{_RULE}\n{each.name} {each.version}, {name}\n{_RULE}\n\n{text}"
        for each in found
        for name, text in each.texts()
    )
    target.write_text(listed + "".join(texts), "utf-8", newline="\n")
