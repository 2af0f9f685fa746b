"""P16: 64 kB of their worst in each field of every form, as form and as JSON, compared with an ordinary refusal."""

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
from benchmarks.stored_rows import Filling, stored_booking
from shared.bootstrap import services

_SIZE = 64 * 1024
_CALLS = 3
_UNITS = (" ", ",", "@", ".", "\u0301", "\\", "a", "1", "-", " ,", "a@", "<")
_ORDINARY = {"full_name": "Ann Lee", "email": "ann@nhs"}
_DETAILS, _COLLECT = "/manage/*/details", "/collect/*"
REFERRAL = {"works_here": "yes", "full_name": "Ann", "contact_by": ["email"], "email": "ann@home.example"} | {
    "therapy_language": "English",
    "what_brings_you": "One sentence",
    "consent_share": True,
}
_FIELDS = {
    "/bookings": (
        *("session_id", "full_name", "email", "works_here", "group_agreement", "join_waiting_list"),
        *("adjustments", "share_adjustments", "reminders", "submission_id", "form_token", "unknown"),
    ),
    "/one-to-one": (
        *("full_name", "email", "phone", "contact_by", "therapy_language", "what_brings_you", "consent_share"),
        *("message_ok", "safe_contact_notes", "availability", "adjustments"),
        *("works_here", "submission_id", "form_token", "unknown"),
    ),
    _DETAILS: ("full_name", "adjustments", "share_adjustments", "form_token", "unknown"),
    _COLLECT: ("passphrase", "form_token", "unknown"),
    "/one-to-one/status": ("reference",),
}
_ORDINARIES = {
    "/one-to-one/status": {"reference": "Ann"},
    _DETAILS: {"full_name": "<"},
    _COLLECT: {"passphrase": ""},
}
_FORMS_ALONE = (_COLLECT,)  # it takes no JSON
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
    now = datetime.now(UTC)
    with (
        filled_storage(folder, "long-values", Filling(1, 1), now) as storage,
        running_site(storage.settings | {"REFERRAL_DELIVERY": "link"}) as site,
    ):
        links = _links(site, now)
        kinds = [(path, kind) for path in _FIELDS for kind in _KINDS if kind == "form" or path not in _FORMS_ALONE]
        return [_compared(site, links.get(path, path), path, kind) for path, kind in kinds]


def _links(site: Site, now: datetime) -> dict[str, str]:
    """The addresses of the forms behind links: to the details of a booking, and to a referral."""
    referral = json.loads(site.post("/one-to-one", json.dumps(REFERRAL).encode(), "application/json"))
    booking = services().signer.token("manage", *stored_booking(), "1")
    collect = services().referrals.links.collect_token(referral["reference"], now)
    return {_DETAILS: f"/manage/{booking}/details", _COLLECT: f"/collect/{collect}"}


def _compared(site: Site, address: str, path: str, kind: str) -> Measure:
    ordinary = _ORDINARIES.get(path, _ORDINARY)
    refused = _cost(site, address, kind, ordinary)
    worst, name = max(
        (_cost(site, address, kind, _filled(kind, field, unit, ordinary)).cpu, f"{field} of {unit!a}")
        for field in _FIELDS[path]
        for unit in _UNITS
    )
    return Measure(
        name=f"P16 {path} as {kind}, {name}, CPU",
        ours=worst,
        baseline=refused.cpu,
        baseline_name="ordinary refusal",
        budget=5,
    )


def _cost(site: Site, path: str, kind: str, values: dict[str, str]) -> Cost:
    content_type, written = _KINDS[kind]
    body = written(values)
    return cost(lambda: site.post(path, body, content_type), _CALLS)


def _filled(kind: str, field: str, unit: str, ordinary: dict[str, str]) -> dict[str, str]:
    """The ordinary values with as much of the unit in one of them as a body may hold."""
    _, written = _KINDS[kind]
    text = unit * _SIZE
    while len(body := written(ordinary | {field: text})) > _SIZE:
        text = text[: len(text) * _SIZE // (len(body) + 200)]
    return ordinary | {field: text}
