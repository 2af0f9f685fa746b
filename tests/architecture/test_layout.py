"""How the code is laid out: folders that can be overlooked, names that say something, and few interfaces."""

import ast
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture.source_code import DEPLOYED, nodes, offenders, relative
from tests.builders import ROOT

MOST_FILES = 12
MOST_LINES = 250
MOST_PROTOCOLS = 12
VAGUE = {"schedule", "utils", "helpers", "common"}
# One folder for each email service, whatever it needs.
EMAIL_SERVICES = "shared/mail/services/"


def modules(paths: Iterable[Path]) -> Counter[str]:
    """Number of modules by folder, packages' own files aside."""
    return Counter(relative(path.parent) for path in paths if path.name != "__init__.py")


def crowded(paths: Iterable[Path]) -> list[str]:
    return [folder for folder, number in modules(paths).items() if number > MOST_FILES]


def lonely(paths: Iterable[Path]) -> list[str]:
    """Folders below the two packages that hold one module and no folder."""
    paths = [path for path in paths if path.parent != ROOT]
    with_folders = {relative(path.parent.parent) for path in paths}
    alone = [folder for folder, number in modules(paths).items() if number == 1 and folder not in with_folders]
    return [folder for folder in alone if "/" in folder and not folder.startswith(EMAIL_SERVICES)]


def vague(paths: Iterable[Path]) -> list[str]:
    return [relative(path) for path in paths if path.stem in VAGUE]


def files(*names: str) -> list[Path]:
    return [ROOT / name for name in names]


def test_no_folder_holds_more_files_than_can_be_overlooked() -> None:
    assert crowded(DEPLOYED) == []


def test_crowded_folder_is_found() -> None:
    twelve = files("functions/web/__init__.py", *(f"functions/web/module_{number}.py" for number in range(12)))

    assert crowded(twelve) == []
    assert crowded([*twelve, *files("functions/web/one_more.py")]) == ["functions/web"]


def test_no_folder_holds_a_single_module() -> None:
    assert lonely(DEPLOYED) == []


def test_folder_with_a_single_module_is_found() -> None:
    assert lonely(files("shared/clock/__init__.py", "shared/clock/reading.py")) == ["shared/clock"]
    assert lonely(files("shared/mail/services/acs/sender.py", "function_app.py", "shared/signing.py")) == []
    assert lonely(files("shared/fields/names.py", "shared/fields/texts.py")) == []
    assert lonely(files("shared/fields/names.py", "shared/fields/email/one.py", "shared/fields/email/two.py")) == []


def test_no_module_is_a_catch_all() -> None:
    assert vague(DEPLOYED) == []


@pytest.mark.parametrize("name", sorted(VAGUE))
def test_catch_all_is_found(name: str) -> None:
    assert vague(files(f"shared/bookings/{name}.py", "shared/bookings/run.py")) == [f"shared/bookings/{name}.py"]


def lines_too_many(source: str) -> list[int]:
    lines = len(source.splitlines())
    return [lines] if lines > MOST_LINES else []


def test_no_module_is_long() -> None:
    assert offenders(lines_too_many, DEPLOYED) == {}


def test_long_module_is_found() -> None:
    assert lines_too_many("\n" * 251) == [251]
    assert lines_too_many("\n" * 250) == []


def protocols(source: str) -> list[str]:
    classes = [node for node in nodes(source) if isinstance(node, ast.ClassDef)]
    return [each.name for each in classes if any("Protocol" in ast.unparse(base) for base in each.bases)]


def test_interfaces_are_few() -> None:
    """One stands only where a second adapter or a test takes the place of the implementation."""
    found = [name for names in offenders(protocols, DEPLOYED).values() for name in names]

    assert len(found) <= MOST_PROTOCOLS, found


@pytest.mark.parametrize("base", ["Protocol", "typing.Protocol", "Protocol[T]", "Sized, Protocol"])
def test_protocol_is_found(base: str) -> None:
    assert protocols(f"class Port({base}): ...\nclass Adapter(Base): ...") == ["Port"]
