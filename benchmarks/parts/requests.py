"""P1 and P2: requests to tables of a booking through the host, and of a referral.

Those of every act have tests: `tests/integration/test_table_requests.py`.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.hosts import NO_EMAILS, running_hosts
from benchmarks.load import drive
from benchmarks.measure import Measure
from benchmarks.parts.long_values import REFERRAL
from benchmarks.storage import filled_storage
from benchmarks.stored_rows import Filling, session_id
from benchmarks.ways import person
from shared.bookings.places.snapshot_cache import SNAPSHOT_MAX_AGE


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the log of the requests."""
    with (
        filled_storage(folder, "requests", Filling(2, 0), datetime.now(UTC)) as storage,
        running_hosts(storage, folder, settings=NO_EMAILS) as [host],
    ):
        bookings, referrals = f"{host.url}/bookings", f"{host.url}/one-to-one"
        drive(bookings, [person(session_id(0), 0)])  # announces the session
        time.sleep(SNAPSHOT_MAX_AGE)
        cold = storage.table_requests(lambda: drive(bookings, [person(session_id(0), 1)]))
        drive(bookings, [person(session_id(0), 2)])
        warm = storage.table_requests(lambda: drive(bookings, [person(session_id(0), 3)]))
        drive(referrals, [REFERRAL])
        referral = storage.table_requests(lambda: drive(referrals, [REFERRAL]))
    yield Measure(name="P1 table requests, a warm booking", ours=warm, budget=1)
    yield Measure(name="P1 table requests, a cold booking", ours=cold, budget=3)
    yield Measure(name="P2 table requests, a referral", ours=referral, budget=2)
