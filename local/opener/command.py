"""`python dev.py opener`: builds the file with which the provider makes keys and opens referrals, or tries its keys."""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from local.opener.build import opener
from local.opener.trial import write_trial
from local.paths import STATE


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code."""
    chosen = _options(arguments)
    if chosen.trial:
        return _trial(chosen.trial, chosen.to)
    page, target = opener(), chosen.to / "opener.html"
    chosen.to.mkdir(parents=True, exist_ok=True)
    target.write_bytes(page)
    print(target.resolve())
    print(f"SHA-256: {hashlib.sha256(page).hexdigest()}")
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py opener", description="Builds the file that opens sealed referrals.")
    parser.add_argument("--to", type=Path, default=STATE, metavar="DIR", help="where to put it; .local by default")
    parser.add_argument(
        "--trial", type=Path, metavar="FILE", help="seals a made-up referral to the public keys in this file instead"
    )
    return parser.parse_args(arguments)


def _trial(public_keys: Path, folder: Path) -> int:
    try:
        target = write_trial(public_keys, folder, datetime.now(UTC))
    except (OSError, ValueError) as error:
        print(f"{public_keys}: {error}", file=sys.stderr)
        return 1
    print(target.resolve())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
