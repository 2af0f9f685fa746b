"""The people whom the provider rings when it cannot open a referral: without a way to reach them nothing starts."""

import tomllib
from pathlib import Path

import pytest

from shared.content.content import Content, ContentError, load_content
from tests.builders import ROOT

TEXT = (ROOT / "functions" / "content" / "mersey-care" / "en.toml").read_text("utf-8")
ENTRY = "[operators]" + TEXT.partition("\n[operators]")[2].partition("\n[")[0]


def loaded(entry: str, folder: Path) -> Content:
    file = folder / "content.toml"
    assert TEXT.count(ENTRY) == 1
    file.write_text(TEXT.replace(ENTRY, entry + "\n"), "utf-8")
    return load_content(file)


@pytest.mark.parametrize(
    "how", ['phone = "0151 496 0000"', 'phone = "+44 20 7946 0000"', 'email = "desk@example.nhs.uk"']
)
def test_one_way_to_reach_them_is_enough(how: str, tmp_path: Path) -> None:
    entry = f'[operators]\nname = "the desk"\n{how}'
    said = tomllib.loads(entry)["operators"]

    assert loaded(entry, tmp_path).operators.model_dump(exclude_none=True) == said


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ("", "operators"),
        ('[operators]\nname = "the desk"', "operators (needs a phone number or an email address)"),
        ('[operators]\nphone = "0151 496 0000"', "operators.name"),
        ('[operators]\nname = " "\nphone = "0151 496 0000"', "operators.name"),
        ('[operators]\nname = "the desk"\nphone = "ask around"', "operators.phone"),
        ('[operators]\nname = "the desk"\nphone = "12"', "operators.phone"),
        ('[operators]\nname = "the desk"\nemail = "desk"', "operators.email"),
        ('[operators]\nname = "the desk"\nfax = "0151 496 0000"', "operators.fax"),
    ],
)
def test_a_way_that_leads_nowhere_is_refused_by_name(entry: str, part: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError) as caught:
        loaded(entry, tmp_path)

    assert str(caught.value).endswith(f": {part}")
