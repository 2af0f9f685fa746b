"""`python dev.py screenshots`: every page and every email as a picture, narrow and wide, to leaf through."""

import argparse
import html
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize

from local.paths import ROOT, STATE
from local.process.child_process import ChildFailedError
from local.process.signals import stoppable
from local.stack.stack import Stack
from local.tour import ALL_WALKS, Visitor, Walk, stacks
from local.tour.browser import NoBrowserError, open_page, running_browser
from local.tour.letters import sample_mails
from shared.content.content import load_content

_WIDTHS: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "desktop": {"width": 1280, "height": 900},
}
_EMAIL_WIDTHS: dict[str, ViewportSize] = {
    "narrow": {"width": 320, "height": 844},
    "reader": {"width": 600, "height": 900},
}
_CONTENT = ROOT / "functions" / "content" / "mersey-care" / "en.toml"
_INDEX = """<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Every page</title>
<style>
  body {{ font: 16px/1.4 sans-serif; margin: 16px }}
  section {{ display: flex; flex-wrap: wrap; gap: 16px; align-items: flex-start; border-top: 1px solid }}
  h2 {{ flex-basis: 100%; margin: 0; font-size: 18px }}
  img {{ border: 1px solid #999; max-width: 100% }} .phone {{ width: 195px }} .desktop {{ width: 640px }}
  .narrow {{ width: 320px }} .reader {{ width: 600px }}
</style>
<h1>Every page and every email</h1>
{sections}
</html>
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """One page or email: its name in words, and its files by width."""

    name: str
    files: dict[str, str]


def main(arguments: Sequence[str]) -> int:
    chosen = _options(arguments)
    walks = [walk for walk in ALL_WALKS if chosen.only in walk.name]
    try:
        with stoppable():
            pictures = take(chosen.to, walks, mails=not chosen.only)
    except KeyboardInterrupt:
        print("Stopped before finishing.")
        return 130
    except (NoBrowserError, ChildFailedError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(pictures)} pages and emails: {chosen.to.resolve() / 'index.html'}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py screenshots", description="Takes a picture of every page and email.")
    parser.add_argument(
        "--to", type=Path, default=STATE / "screenshots", metavar="DIR", help="the folder that they are written to"
    )
    parser.add_argument("--only", default="", metavar="WORDS", help="walks whose name has these words, and no emails")
    return parser.parse_args(arguments)


def take(folder: Path, walks: Sequence[Walk], *, mails: bool) -> list[Picture]:
    """Writes the pictures and an `index.html` into the folder, in place of those that were there before.

    Raises:
        NoBrowserError: before anything is removed or started.
        ChildFailedError: the service does not start.
    """
    pictures: list[Picture] = []
    with running_browser() as browser, stacks() as running:
        _remove_old_pictures(folder)
        for walk in walks:
            pictures += _walk_pictures(browser, running(walk.needs), walk, folder)
        pictures += _mail_pictures(browser, folder) if mails else []
    (folder / "index.html").write_text(_index(pictures), "utf-8")
    return pictures


def _remove_old_pictures(folder: Path) -> None:
    """Removes the pictures of the last time and nothing else: the folder may hold more than ours."""
    folder.mkdir(parents=True, exist_ok=True)
    for width in (*_WIDTHS, *_EMAIL_WIDTHS):
        for old in folder.glob(f"*.{width}.png"):
            old.unlink()


def _walk_pictures(browser: Browser, stack: Stack, walk: Walk, folder: Path) -> Iterator[Picture]:
    with open_page(browser, viewport=_WIDTHS["phone"]) as (page, _):
        for name in walk.pages(Visitor(page, stack, stack.site)):
            yield _picture(page, name, folder, _WIDTHS)


def _mail_pictures(browser: Browser, folder: Path) -> Iterator[Picture]:
    with open_page(browser, viewport=_EMAIL_WIDTHS["narrow"]) as (page, _):
        for name, mail in sample_mails(load_content(_CONTENT)):
            page.set_content(mail.html)
            yield _picture(page, f"email, {name}: {mail.subject}", folder, _EMAIL_WIDTHS)


def _picture(page: Page, name: str, folder: Path, widths: Mapping[str, ViewportSize]) -> Picture:
    """Takes the pictures at these widths, and leaves the page at the first."""
    slug = "-".join(re.findall(r"\w+", name.partition(":")[0]))
    files = {width: f"{slug}.{width}.png" for width in widths}
    for width, file in files.items():
        page.set_viewport_size(widths[width])
        page.screenshot(path=folder / file, full_page=True)
    page.set_viewport_size(next(iter(widths.values())))
    return Picture(name, files)


def _index(pictures: Sequence[Picture]) -> str:
    return _INDEX.format(sections="\n".join(map(_section, pictures)))


def _section(picture: Picture) -> str:
    name = html.escape(picture.name)
    images = (
        f'<a href="{file}"><img class="{width}" src="{file}" alt="{name}, {width}" loading="lazy"></a>'
        for width, file in picture.files.items()
    )
    return f"<section><h2>{name}</h2>{''.join(images)}</section>"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
