"""`python dev.py content FILE`: checks a content file, lists what is to be agreed, and shows the site with it."""

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from local.commands import run
from local.content.report import report
from shared.content.content import ContentError, load_content

PAGES = (
    "/",
    "/help-now",
    "/who-can-see-what",
    "/sessions",
    "/bookings/new",
    "/one-to-one",
    "/one-to-one/question-list",
    "/time-away-note",
    "/one-to-one/questions",
    "/one-to-one/status",
    "/resources",
    "/resources/prompts",
    "/languages/en",
    "/privacy",
    "/accessibility",
    "/cookies",
)
"""The pages that show what the content file says, in the order in which people meet them."""
_OF_GROUPS = ("/sessions", "/bookings")
_OF_ONE_TO_ONE = ("/one-to-one", "/time-away-note")


def main(arguments: Sequence[str]) -> int:
    """Returns 0 for a content file that works, once the site was stopped that shows it; else 1."""
    chosen = _options(arguments)
    try:
        for line in report(chosen.file):
            print(line)
    except ContentError as error:
        where = f" ({error.__cause__})" if isinstance(error.__cause__, tomllib.TOMLDecodeError) else ""
        print(f"The service cannot work with {chosen.file}: {error}{where}", file=sys.stderr)
        return 1
    if chosen.check:
        return 0
    print(f"\nPages to look at, once the site is there:\n  {'\n  '.join(_pages(chosen.file))}\n", flush=True)
    return run.main(["--content", str(chosen.file), *([] if chosen.no_browser else ["--open"])])


def _pages(file: Path) -> list[str]:
    """Returns the pages of the kinds of support that the file offers."""
    content = load_content(file, to_check=True)
    absent = (() if content.has_groups else _OF_GROUPS) + (() if content.has_one_to_one else _OF_ONE_TO_ONE)
    return [page for page in PAGES if not page.startswith(absent)]


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="dev.py content", description="Checks a content file, lists what is to be agreed, and shows the site."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the content file")
    parser.add_argument("--check", action="store_true", help="only check it: do not start the site")
    parser.add_argument("--no-browser", action="store_true", help="start the site and open no browser")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
