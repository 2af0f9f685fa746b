"""A request from a page in a browser is told from one that a program posts, by marks that say nothing of the person."""

import pytest

from functions.forms.browser_marks import has_browser_marks
from tests.unit.functions.http_requests import form, json_post


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({"accept-language": "en-GB"}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"origin": "https://support.example"}, False),
        ({"accept-language": " ", "origin": "https://support.example"}, False),
        ({"accept-language": "en-GB", "sec-fetch-site": "same-origin"}, True),
        ({"accept-language": "cy", "origin": "https://support.example"}, True),
        ({"accept-language": "am,en;q=0.5", "sec-fetch-site": "none", "origin": "null"}, True),
    ],
)
def test_a_browser_says_its_languages_and_from_where_it_comes(headers: dict[str, str], *, expected: bool) -> None:
    marks = {name.replace("-", "_"): value for name, value in headers.items()}

    assert has_browser_marks(form({"a": "b"}, **marks)) is expected
    assert has_browser_marks(json_post({"a": "b"}, **marks)) is expected
