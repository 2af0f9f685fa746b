"""HEAD wherever GET works: the same answer, whose body the host leaves out, and nothing changed (RFC 9110, 9.3.2)."""

import re
from typing import Any

import pytest

from functions.web.render import ASSETS
from tests.registered_functions import FUNCTIONS
from tests.unit.functions.app_with_links import AppWithLinks

READ = sorted(
    name
    for name, function in FUNCTIONS.items()
    for binding in function.get_bindings()
    if "GET" in {str(each) for each in binding.get_dict_repr().get("methods", ())} and name != "zz_elsewhere"
)


def route_of(name: str) -> str:
    triggers = [each.get_dict_repr() for each in FUNCTIONS[name].get_bindings()]
    return str(next(each["route"] for each in triggers if each["type"] == "httpTrigger"))


@pytest.mark.parametrize("delivery", ["link", "inline"])
def test_head_is_answered_as_get_is_and_changes_nothing(delivery: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = AppWithLinks(monkeypatch, delivery)
    names = [name for name in READ if route_of(name).startswith("acknowledge") is (delivery == "inline")]

    assert names
    assert {name: found for name in names if (found := faults(app, name))} == {}


def faults(app: AppWithLinks, name: str) -> list[str]:
    page = route_of(name).partition("/")[0]
    link = app.link(page) if page in {"manage", "calendar", "acknowledge", "collect"} else "x"
    values: dict[str, Any] = {"token": link, "path": f"{ASSETS}/favicon.ico".removeprefix("/assets/"), "name": "x"}
    before = app.writes

    got, head = (app.call(name, method, values) for method in ("GET", "HEAD"))
    wanted = {
        "another answer": (head.status_code, dict(head.headers)) == (got.status_code, dict(got.headers)),
        # The length of what it has is that of what GET answers.
        "another body": without_moments(head.get_body()) == without_moments(got.get_body()),
        "a change": (app.writes, app.queued) == (before, 0),
        f"status {got.status_code}": got.status_code in {200, 303, 404, 503},
    }
    return [fault for fault, is_well in wanted.items() if not is_well]


def without_moments(body: bytes) -> str:
    """The body without ids and tokens that are new each time."""
    return re.sub(r'(?<=value=")[\w.-]{20,}(?=")', "", body.decode("utf-8", "replace"))
