"""P16: 64 kB of their worst in each field of the two forms, as form and as JSON, compared with an ordinary refusal."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.measure import Cost, Measure, cost
from benchmarks.site import Site, running_site
from benchmarks.storage import filled_storage
from benchmarks.stored_rows import Filling

_SIZE = 64 * 1024
_CALLS = 3
_UNITS = (" ", ",", "@", ".", "\u0301", "\\", "a", "1", "-", " ,", "a@", "<")
_ORDINARY = {"full_name": "Ann Lee", "email": "ann@nhs"}
_FIELDS = {
    "/bookings": (
        *("session_id", "full_name", "email", "works_for_trust", "group_agreement", "join_waiting_list"),
        *("adjustments", "share_adjustments", "reminders", "submission_id", "form_token", "unknown"),
    ),
    "/one-to-one": (
        *("full_name", "email", "phone", "contact_by", "therapy_language", "what_brings_you", "consent_share"),
        *("works_for_trust", "submission_id", "form_token", "unknown"),
    ),
    "/one-to-one/status": ("reference",),
}
_KINDS: dict[str, tuple[str, Callable[[dict[str, str]], bytes]]] = {
    "form": ("application/x-www-form-urlencoded", lambda values: urlencode(values).encode()),
    "JSON": ("application/json", lambda values: json.dumps(values, ensure_ascii=False).encode()),
}


def measures(folder: Path) -> Iterator[Measure]:
    """Yields each figure. `folder` gets the log of the requests.

    In a process of its own: a site is served once in a process.
    """
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield from pool.submit(_measured, folder).result()


def _measured(folder: Path) -> Sequence[Measure]:
    with (
        filled_storage(folder, "long-values", Filling(1, 1), datetime.now(UTC)) as storage,
        running_site(storage.settings) as site,
    ):
        return [_compared(site, path, kind) for path in _FIELDS for kind in _KINDS]


def _compared(site: Site, path: str, kind: str) -> Measure:
    ordinary = _cost(site, path, kind, _ORDINARY if path != "/one-to-one/status" else {"reference": "Ann"})
    worst, name = max(
        (_cost(site, path, kind, _filled(kind, field, unit)).cpu, f"{field} of {unit!a}")
        for field in _FIELDS[path]
        for unit in _UNITS
    )
    return Measure(
        name=f"P16 {path} as {kind}, {name}, CPU",
        ours=worst,
        baseline=ordinary.cpu,
        baseline_name="ordinary refusal",
        budget=5,
    )


def _cost(site: Site, path: str, kind: str, values: dict[str, str]) -> Cost:
    content_type, written = _KINDS[kind]
    body = written(values)
    return cost(lambda: site.post(path, body, content_type), _CALLS)


def _filled(kind: str, field: str, unit: str) -> dict[str, str]:
    """The ordinary values with as much of the unit in one of them as a body may hold."""
    _, written = _KINDS[kind]
    text = unit * _SIZE
    while len(body := written(_ORDINARY | {field: text})) > _SIZE:
        text = text[: len(text) * _SIZE // (len(body) + 200)]
    return _ORDINARY | {field: text}
