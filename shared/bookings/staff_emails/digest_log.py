"""What the organiser was told, and in which mail: rows of the table `Service`, none of which says anything of anybody.

One row, `mail`, names the last mail; its ETag lets one process at a time change anything. Each other row is a concern,
by a hash, and the mail that it is in. Which concerns are in a mail is written down before every attempt to send it and
after it is certain that no earlier one went out. So whatever becomes of an attempt, it is known what it told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.tables.table import Row, RowConflictError, Table, Write, moment_text

MOST_IN_ONE = 33
"""Concerns in one mail: as many may be taken out of it again, and forgotten, in a transaction of 100 writes."""

_PARTITION = "concerns"
_MAIL = "mail"
_KEPT = timedelta(days=180)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """What is known: the last mail ("" before the first), whether it is over with, and when it was last attempted."""

    mail: str
    done: bool
    since: datetime
    etag: str
    concerns: Mapping[str, Row]

    def untold(self, keys: Iterable[str]) -> list[str]:
        """Those that are in no mail, after those in the last one where nobody knows yet whether it went out."""
        wanted = list(keys)
        pending = [key for key in wanted if self._is_pending(key)]
        return pending + [key for key in wanted if key not in self.concerns]

    def pending(self) -> list[str]:
        return [key for key in self.concerns if self._is_pending(key)]

    def _is_pending(self, key: str) -> bool:
        return not self.done and key in self.concerns and self.concerns[key].text("Mail") == self.mail


@dataclass(frozen=True, slots=True)
class ToldRows:
    """Reads and writes them. Every write raises `RowConflictError` where another process was faster."""

    table: Table

    def read(self) -> Told:
        """Everything, in one request."""
        rows = {row.key: row for row in self.table.query(PartitionKey=_PARTITION)}
        mail = rows.pop(_MAIL, None)
        if mail is None:
            return Told("", done=True, since=_LONG_AGO, etag="", concerns=rows)
        done, since = mail.yes("Done", default=False), mail.moment("Since") or _LONG_AGO
        return Told(mail.text("Mail"), done=done, since=since, etag=mail.etag, concerns=rows)

    def begin(self, told: Told, mail: str, now: datetime) -> None:
        """Names the next mail, the last one being over with."""
        self.table.apply([_mail(told, Mail=mail, Done="no", Since=moment_text(now))])

    def fill(self, mail: str, keys: Collection[str], current: Collection[str], now: datetime) -> None:
        """Writes down that the mail, which has not gone out, tells these concerns and no others, at most `MOST_IN_ONE`.

        Of those told half a year ago, the ones that are not `current` any more are forgotten.
        """
        told = self._unfinished(mail)
        wanted = [key for key in keys if key not in told.concerns or told.concerns[key].text("Mail") != mail]
        dropped = [key for key in told.pending() if key not in keys]
        old = [key for key, row in told.concerns.items() if key not in {*current, *dropped} and _is_old(row, now)]
        self.table.apply(
            [
                _mail(told, Since=moment_text(now)),
                *(_concern("create", key, Mail=mail, ToldAt=moment_text(now)) for key in wanted),
                *(_concern("delete", key) for key in dropped + old[:MOST_IN_ONE]),
            ]
        )

    def finish(self, mail: str, *, told: bool) -> None:
        """Writes down what became of the mail: whether its concerns are told, or are to be in another one."""
        found = self._unfinished(mail)
        untold = [] if told else found.pending()
        self.table.apply([_mail(found, Done="yes"), *(_concern("delete", key) for key in untold)])

    def _unfinished(self, mail: str) -> Told:
        told = self.read()
        if told.done or told.mail != mail:
            raise RowConflictError("another process went on")
        return told


def _mail(told: Told, **cells: Any) -> Write:
    every = {"PartitionKey": _PARTITION, "RowKey": _MAIL} | cells
    return Write("merge", every, told.etag) if told.etag else Write("create", every)


def _concern(kind: Any, key: str, **cells: Any) -> Write:
    return Write(kind, {"PartitionKey": _PARTITION, "RowKey": key} | cells)


def _is_old(row: Row, now: datetime) -> bool:
    return now - (row.moment("ToldAt") or now) > _KEPT
