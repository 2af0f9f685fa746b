"""What pretix 2026.8 on PostgreSQL took on the machine of November 2026, beside ours in the same run."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pretix:
    """Bookings a second by the number of clients, over HTTP and, beside the usual sample, over its REST API."""

    sample: float = 69
    bookings: Mapping[int, float] = field(default_factory=lambda: {1: 5.8, 8: 10.5})


NOVEMBER = Pretix()
