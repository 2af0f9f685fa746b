"""Texts of a cell `Announced` that nobody but a person can have written."""

import json
from typing import Any

_TOLD: dict[str, Any] = {
    "starts": "2023-09-08T14:00:00Z",
    "minutes": 75,
    "theme": "",
    "join_url": "https://teams.example/join/1",
    "called_off": False,
}
_FACTS: dict[str, Any] = {
    "version": 1,
    "capacity": 12,
    "title": "Reflective practice",
    "state": "open",
    "reminders": "P1D,PT1H",
    "waiting_list": True,
}


def announced_json(told: dict[str, Any] | None = None, **facts: Any) -> str:
    """A cell as the service writes it, with what is named changed."""
    return json.dumps(_FACTS | {"told": [_TOLD | (told or {})]} | facts)


UNREADABLE = {
    "rubbish": "rubbish",
    "a number": "7",
    "null": "null",
    "a list": "[]",
    "an empty object": "{}",
    "cut off": announced_json()[:-2],
    "twice": announced_json() * 2,
    "40,000 characters": "x" * 40_000,
    "40,000 characters that nest": "[" * 40_000,
    "a theme of 40,000 characters": announced_json({"theme": "x" * 40_000}),
    "a theme of 5,000 characters": announced_json({"theme": "x" * 5_000}),
    "a title of 5,000 characters": announced_json(title="x" * 5_000),
    "a title that is null": announced_json(title=None),
    "a title that is a number": announced_json(title=7),
    "minutes in quotes": announced_json({"minutes": "90"}),
    "minutes that are null": announced_json({"minutes": None}),
    "minutes that are a list": announced_json({"minutes": [90]}),
    "minutes that are true": announced_json({"minutes": True}),
    "no minutes": announced_json({"minutes": 0}),
    "negative minutes": announced_json({"minutes": -75}),
    "half minutes": announced_json({"minutes": 90.5}),
    "minutes beyond arithmetic": announced_json({"minutes": 10**30}),
    "minutes not a number": announced_json({"minutes": float("nan")}),
    "a date of 9999": announced_json({"starts": "9999-12-31T23:59:00Z"}),
    "a date of 1": announced_json({"starts": "0001-01-01T00:00:00+14:00"}),
    "a date of 2100": announced_json({"starts": "2100-01-01T00:00:00Z"}),
    "a date in words": announced_json({"starts": "Friday"}),
    "a date that is a number": announced_json({"starts": 1_694_181_600}),
    "a date that is a number in quotes": announced_json({"starts": "1694181600"}),
    "a date that is null": announced_json({"starts": None}),
    "a link that is null": announced_json({"join_url": None}),
    "a link that runs a script": announced_json({"join_url": "javascript:alert(1)"}),
    "called off in words": announced_json({"called_off": "no"}),
    "a column too many": announced_json({"room": "Room 1"}),
    "a theme that is missing": json.dumps(_FACTS | {"told": [{k: v for k, v in _TOLD.items() if k != "theme"}]}),
    "nothing told": json.dumps(_FACTS | {"told": []}),
    "told null": json.dumps(_FACTS | {"told": None}),
    "told an object": json.dumps(_FACTS | {"told": _TOLD}),
    "told that is null": json.dumps(_FACTS | {"told": [None]}),
    "told 2,000 times": json.dumps(_FACTS | {"version": 2_000, "told": [_TOLD] * 2_000}),
    "fewer versions than told": announced_json(version=0),
    "a version in quotes": announced_json(version="1"),
    "a version beyond arithmetic": announced_json(version=10**30),
    "capacity in quotes": announced_json(capacity="12"),
    "capacity that is null": announced_json(capacity=None),
    "negative capacity": announced_json(capacity=-1),
    "a state that is none": announced_json(state="opne"),
    "reminders that are none of ours": announced_json(reminders="1 day"),
    "reminders that are null": announced_json(reminders=None),
    "reminders that are a list": announced_json(reminders=["P1D"]),
    "a waiting list in words": announced_json(waiting_list="yes"),
}
"""By what is wrong with each."""
