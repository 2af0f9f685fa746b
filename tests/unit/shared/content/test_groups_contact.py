"""The team that people ask about a booking: content without a way to reach it is refused, and so `/health` fails."""

import re
from pathlib import Path

import pytest

from shared.content.content import Content, ContentError, load_content
from tests.builders import ROOT, content

TEXT = (ROOT / "functions" / "content" / "mersey-care" / "en.toml").read_text("utf-8")


def loaded(name: str, line: str, folder: Path) -> Content:
    """The content with another line in place of the one that says this about the contact."""
    before, _, contact = TEXT.partition("[groups.contact]")
    file = folder / "content.toml"
    changed, count = re.subn(rf"(?m)^(?:# )?{name} = .*$", line, contact, count=1)
    assert count == 1
    file.write_text(f"{before}[groups.contact]{changed}", "utf-8")
    return load_content(file)


@pytest.mark.parametrize("line", ["", "{} = ''", "{} = ' '"])
@pytest.mark.parametrize("name", ["team", "email", "phone", "hours"])
def test_nobody_is_left_without_a_way_to_ask(name: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=rf"groups\.contact\.{name}"):
        loaded(name, line.format(name), tmp_path)


@pytest.mark.parametrize(("name", "line"), [("phone", "phone = 'ask around'"), ("email", "email = 'not an address'")])
def test_a_contact_that_reaches_no_one_is_refused(name: str, line: str, tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=rf"groups\.contact\.{name}"):
        loaded(name, line, tmp_path)


def test_a_time_to_reply_is_named_once_it_is_agreed(tmp_path: Path) -> None:
    assert content().groups.contact.reply_within is None
    assert loaded("reply_within", "reply_within = 2", tmp_path).groups.contact.reply_within == 2
