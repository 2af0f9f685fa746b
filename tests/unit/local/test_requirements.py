"""The exact versions in the requirements files and the ranges in pyproject.toml belong together."""

import json
import tomllib
from collections.abc import Mapping

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from local.paths import ROOT

_PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _lines(path: str) -> list[str]:
    lines = (ROOT / path).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _pins(path: str) -> Mapping[str, Version]:
    pins: dict[str, Version] = {}
    for requirement in map(Requirement, _lines(path)):
        [pin] = requirement.specifier
        assert pin.operator == "==", requirement
        pins[canonicalize_name(requirement.name)] = Version(pin.version)
    return pins


@pytest.mark.parametrize(
    ("path", "ranges"),
    [
        ("requirements.txt", _PYPROJECT["project"]["dependencies"]),
        ("local/requirements.txt", _PYPROJECT["dependency-groups"]["local"]),
    ],
)
def test_every_dependency_is_pinned_to_a_version_in_its_range(path: str, ranges: list[str]) -> None:
    pins = _pins(path)

    for requirement in map(Requirement, ranges):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_tests_run_with_the_versions_that_are_deployed() -> None:
    deployed, local = _pins("requirements.txt"), _pins("local/requirements.txt")

    assert {name: local[name] for name in deployed.keys() & local.keys()} == {
        name: deployed[name] for name in deployed.keys() & local.keys()
    }


@pytest.mark.parametrize("path", ["requirements.txt", "local/requirements.txt"])
def test_packages_come_from_the_index_that_the_machine_is_set_to_use(path: str) -> None:
    assert [line for line in _lines(path) if line.startswith("-") or "://" in line] == []


def test_azurite_is_locked_with_the_digest_of_every_package() -> None:
    lock = json.loads((ROOT / "local" / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((ROOT / "local" / "package.json").read_text("utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    assert packages["node_modules/azurite"]["version"] == wanted["dependencies"]["azurite"]
    assert [name for name, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
