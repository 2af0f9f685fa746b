"""The choice of a browser, and the error where there is none."""

from pathlib import Path

import pytest

from local.tour.browser import NoBrowserError, browser_path


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n", "utf-8")
    path.chmod(0o755)
    return str(path)


def test_without_a_browser_it_is_said_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NoBrowserError, match="apt install chromium"):
        browser_path({"PATH": str(tmp_path)})


@pytest.mark.parametrize("name", ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"])
def test_a_browser_that_is_installed_is_found(name: str, tmp_path: Path) -> None:
    installed = program(tmp_path, name)
    assert browser_path({"PATH": str(tmp_path)}) == installed


def test_the_quickest_is_used_where_there_are_several(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    quickest = program(tmp_path, "chromium-headless-shell")
    assert browser_path({"PATH": str(tmp_path)}) == quickest


def test_the_one_that_was_chosen_is_used_before_any_other(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    chosen = program(tmp_path, "my-chrome")
    assert browser_path({"PATH": str(tmp_path), "CHROMIUM": chosen}) == chosen


def test_one_that_was_chosen_and_is_not_there_is_not_replaced_by_another(tmp_path: Path) -> None:
    program(tmp_path, "chromium")
    with pytest.raises(NoBrowserError, match="nowhere"):
        browser_path({"PATH": str(tmp_path), "CHROMIUM": "/nowhere/chrome"})
