"""`python dev.py restore --from DAY --to ACCOUNT`: puts back what is missing, from the copy of a day."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from local.paths import RUNNING, STATE
from local.restore.account import Account, UnknownAccountError
from local.restore.bookings import BookingRestoration
from local.restore.referrals import ReferralRestoration
from local.restore.report import Report
from shared.backups.copies import Copy, CopyError, complete_days
from shared.tables.table import StorageError


def restore(account: Account, day: str, *, write: bool, undeleted: Sequence[str] = ()) -> Report:
    """Puts back the rows of that day's copy that are missing; with `write` False it only looks.

    Raises:
        CopyError: there is no complete copy of that day, or one is not as it was written.
        StorageError: it is not known what was written; restore again.
    """
    copy = Copy.open(account.blobs, day)
    later = [Copy.open(account.blobs, each) for each in complete_days(account.blobs.names()) if each > day]
    if "Referrals" in copy.manifest.tables:
        return ReferralRestoration(account=account, copy=copy, later=later, now=account.now(), write=write).run()
    chosen = frozenset(undeleted)
    return BookingRestoration(
        account=account, copy=copy, later=later, now=account.now(), write=write, undeleted=chosen
    ).run()


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 1 if nothing could be restored, or not all of it."""
    chosen = _parser().parse_args(arguments)
    try:
        account = Account.open(chosen.to, chosen.state / RUNNING)
        found = restore(account, chosen.day, write=False, undeleted=chosen.deleted)
        print(*found.lines(), sep="\n")
        if chosen.check or not (chosen.yes or _agreed(chosen.to)):
            print("Nothing was written.")
            return 0
        done = restore(account, chosen.day, write=True, undeleted=chosen.deleted)
    except (CopyError, StorageError, UnknownAccountError) as error:
        print(f"{type(error).__name__}: {error}. What was put back until then stays; restoring again adds the rest.")
        return 1
    print(f"Done: {sum(done.back.values())} rows were put back.")
    return 0


def _agreed(account: str) -> bool:
    return input(f"To write this into {account}, type its name: ").strip() == account


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python dev.py restore", description=__doc__)
    parser.add_argument("--from", dest="day", required=True, metavar="DAY", help="the day of the copy: 2026-12-04")
    parser.add_argument("--to", required=True, metavar="ACCOUNT", help="the storage account: its own copies are read")
    parser.add_argument("--check", action="store_true", help="says what would be written, and writes nothing")
    parser.add_argument("--yes", action="store_true", help="does not ask before it writes")
    parser.add_argument(
        "--deleted",
        action="append",
        default=[],
        metavar="SESSION",
        help="puts back the bookings of this session that someone deleted by hand, too",
    )
    # For tests of this command: where a run keeps what it knows.
    parser.add_argument("--state", type=Path, default=STATE, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
