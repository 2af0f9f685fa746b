"""Bad input at every trigger: no answer of 500 or more, and no message or event that fails for ever.

Walked over every function that the apps register. By day each gets a part of the corpus, the same each time: each text
goes to some function in each place. With `--nightly` every text goes to every place of every function.
"""

import json
import random

import pytest

from tests.bad_input.corpus import BAD, DATES
from tests.bad_input.triggers import OPEN_FOR, Place, places
from tests.opener_files import keys
from tests.registered_functions import FUNCTIONS
from tests.unit.functions.app_with_links import AppWithLinks

SEED = 19
TEXTS = [*BAD, *DATES]
DELIVERIES = {"inline": ("acknowledge_form", "acknowledge"), "link": tuple(FUNCTIONS), "sealed": ("collect",)}
"""The functions that are tried with each delivery: those whose pages differ by it."""


def offence(place: Place, text: str) -> str:
    """What a text does that it may not; "" for nothing."""
    try:
        status = place.answer(text)
    except Exception as error:  # noqa: BLE001  # whatever it is, the host would answer 500, or repeat the message
        return f"{place.name}: {ascii(text)[:40]}: {type(error).__name__}"
    return f"{place.name}: {ascii(text)[:40]}: {status}" if status >= 500 else ""


def part_of(every: list[tuple[Place, str]], name: str, number: int) -> list[tuple[Place, str]]:
    """So many of them, the same for the same function; all for 0."""
    return random.Random(f"{SEED} {name}").sample(every, min(number, len(every))) if number else every


@pytest.mark.parametrize("number", [30, pytest.param(0, marks=pytest.mark.nightly, id="all")])
def test_no_text_in_any_place_is_answered_with_500_or_fails_for_ever(number: int) -> None:
    found, tried = list[str](), set[str]()
    sealed = json.dumps({"keys": [each.jwk for each in keys()]})
    for delivery, functions in DELIVERIES.items():
        settings = {"REFERRAL_PROVIDER_KEYS": sealed} if delivery == "sealed" else {}
        settings |= {"MAIL_SERVICE": "acs" if delivery == "inline" else "notify"}
        with pytest.MonkeyPatch.context() as patch:
            app = AppWithLinks(patch, delivery, **settings)
            app.now += 2 * OPEN_FOR
            app.tick()
            stored = {name: dict(table.rows) for name, table in app.tables.items()}
            for name in functions:
                if delivery == "link" and name in DELIVERIES["inline"]:
                    continue
                every = [(place, text) for place in places(app, name) for text in TEXTS]
                for place, text in part_of(every, name, number):
                    for table, rows in stored.items():
                        app.tables[table].rows = dict(rows)
                    found.append(offence(place, text))
                tried.add(name)
    assert [each for each in found if each] == []
    assert tried == set(FUNCTIONS)


def test_an_answer_of_500_and_a_failure_are_noticed() -> None:
    def fail(text: str) -> int:
        raise ValueError(text)

    assert offence(Place("a", lambda _: 500), "x") == "a: 'x': 500"
    assert offence(Place("a", fail), "x") == "a: 'x': ValueError"
    assert offence(Place("a", lambda _: 422), "x") == ""
