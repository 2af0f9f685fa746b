"""The alerts that the organiser was sent, and the email of each: rows of the table `Service` without personal data.

One row, `mail`, names the last email; its ETag lets one process at a time change anything. Each other row is an alert,
by a hash, and the email that it is in. Which alerts are in an email is written down before every attempt to send it and
after it is certain that no earlier one went out. So whatever becomes of an attempt, it is known what it told.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.tables.table import Row, RowConflictError, Table, Write, moment_text

MAX_ALERTS_PER_MAIL = 33
"""Alerts in one email: as many may be taken out of it again, and forgotten, in a transaction of 100 writes."""

_PARTITION = "concerns"
_MAIL = "mail"
_KEPT = timedelta(days=180)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DigestLog:
    """The state of the log: the last email ("" before the first), if it is done, and the time of the last attempt."""

    mail: str
    done: bool
    since: datetime
    etag: str
    alerts: Mapping[str, Row]

    def unsent(self, keys: Iterable[str]) -> list[str]:
        """Those that are in no email, after those in the last one where nobody knows yet whether it went out."""
        wanted = list(keys)
        pending = [key for key in wanted if self._is_pending(key)]
        return pending + [key for key in wanted if key not in self.alerts]

    def pending(self) -> list[str]:
        return [key for key in self.alerts if self._is_pending(key)]

    def _is_pending(self, key: str) -> bool:
        return not self.done and key in self.alerts and self.alerts[key].text("Mail") == self.mail


@dataclass(frozen=True, slots=True)
class DigestLogTable:
    """Reads and writes them. Every write raises `RowConflictError` where another process was faster."""

    table: Table

    def read(self) -> DigestLog:
        """Everything, in one request."""
        rows = {row.key: row for row in self.table.query(PartitionKey=_PARTITION)}
        mail = rows.pop(_MAIL, None)
        if mail is None:
            return DigestLog("", done=True, since=_LONG_AGO, etag="", alerts=rows)
        done, since = mail.boolean("Done", default=False), mail.moment("Since") or _LONG_AGO
        return DigestLog(mail.text("Mail"), done=done, since=since, etag=mail.etag, alerts=rows)

    def begin(self, log: DigestLog, mail: str, now: datetime) -> None:
        """Names the next email, the last one being over with."""
        self.table.apply([_mail_write(log, Mail=mail, Done="no", Since=moment_text(now))])

    def set_alerts(self, mail: str, keys: Collection[str], current: Collection[str], now: datetime) -> None:
        """Records that the email, not sent yet, holds these alerts and no others, at most `MAX_ALERTS_PER_MAIL`.

        Of those told half a year ago, the ones that are not `current` any more are forgotten.
        """
        log = self._unfinished(mail)
        wanted = [key for key in keys if key not in log.alerts or log.alerts[key].text("Mail") != mail]
        dropped = [key for key in log.pending() if key not in keys]
        old = [key for key, row in log.alerts.items() if key not in {*current, *dropped} and _is_old(row, now)]
        self.table.apply(
            [
                _mail_write(log, Since=moment_text(now)),
                *(_alert_write("create", key, Mail=mail, ToldAt=moment_text(now)) for key in wanted),
                *(_alert_write("delete", key) for key in dropped + old[:MAX_ALERTS_PER_MAIL]),
            ]
        )

    def finish(self, mail: str, *, sent: bool) -> None:
        """Writes down what became of the email: whether its alerts are told, or are to be in another one."""
        found = self._unfinished(mail)
        unsent = [] if sent else found.pending()
        self.table.apply([_mail_write(found, Done="yes"), *(_alert_write("delete", key) for key in unsent)])

    def _unfinished(self, mail: str) -> DigestLog:
        log = self.read()
        if log.done or log.mail != mail:
            raise RowConflictError("another process has updated the digest log")
        return log


def _mail_write(log: DigestLog, **cells: Any) -> Write:
    every = {"PartitionKey": _PARTITION, "RowKey": _MAIL} | cells
    return Write("merge", every, log.etag) if log.etag else Write("create", every)


def _alert_write(kind: Any, key: str, **cells: Any) -> Write:
    return Write(kind, {"PartitionKey": _PARTITION, "RowKey": key} | cells)


def _is_old(row: Row, now: datetime) -> bool:
    return now - (row.moment("ToldAt") or now) > _KEPT
