"""Azurite for a benchmark: in memory, on free ports, with a log in which every request is counted."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.stored_rows import Filling, fill
from local.setup.keys import new_keys
from local.stack import environment
from local.stack.azurite import running_azurite
from local.stack.tables_and_queues import create_storage

_NOWHERE = "http://127.0.0.1:9"  # no email is sent
_WRITTEN_SECONDS = 0.3  # Azurite writes its log after it answers


@dataclass(frozen=True, slots=True)
class Storage:
    """Tables that are filled, and the settings of a service on them that emails no staff and runs no timer."""

    settings: dict[str, str]
    log: Path

    def table_requests(self, act: Callable[[], object]) -> int:
        """Returns the number of requests to tables while `act` runs."""
        before = self._count()
        act()
        return self._count() - before

    def _count(self) -> int:
        time.sleep(_WRITTEN_SECONDS)
        lines = self.log.read_text("utf-8").splitlines()
        return sum("/devstoreaccount" in line and "/emails" not in line and "/referrals" not in line for line in lines)


@contextmanager
def filled_storage(folder: Path, name: str, filling: Filling, now: datetime) -> Iterator[Storage]:
    """Starts Azurite, fills its tables, and stops it at the end; `now` is in UTC."""
    log = folder / f"{name}.log"
    with running_azurite(access_log=log) as azurite:
        settings = environment.settings(azurite=azurite, mail_url=_NOWHERE, site_url=_NOWHERE, keys=new_keys())
        settings |= {"ORGANISER_EMAIL": "", "OPERATORS_EMAIL": "", "AzureWebJobs.schedule.Disabled": "true"}
        create_storage(settings)
        fill(settings["BOOKINGS_STORAGE"], filling, now)
        yield Storage(settings, log)
