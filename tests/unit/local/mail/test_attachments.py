from typing import Any

import pytest

from local.mail.attachments import open_attachments
from local.mail.errors import InvalidMessageError
from local.mail.message import PostedFile
from tests.unit.local.mail.message_builders import a_file


def posted(*files: dict[str, Any]) -> list[PostedFile]:
    return [PostedFile.model_validate(file) for file in files]


def test_an_attachment_is_decoded() -> None:
    (opened,) = open_attachments(posted(a_file()), suppress_invalid=False, allow_repeated_ids=False)
    assert (opened.name, opened.content_type, opened.content) == ("session.ics", "text/calendar", b"BEGIN:VCALENDAR")


BAD = [
    a_file(contentType="application/x-msdownload"),
    a_file(contentType="text/calendar; method=REQUEST"),
    a_file(contentInBase64="not base64!"),
    a_file(contentInBase64=""),
    a_file(name=" "),
]


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_attachment_refuses_the_message_and_says_which(bad: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessageError) as refused:
        open_attachments(posted(a_file(), bad), suppress_invalid=False, allow_repeated_ids=False)
    assert refused.value.target == "attachments[1]"


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_attachment_is_left_out_where_the_header_asks_for_it(bad: dict[str, Any]) -> None:
    opened = open_attachments(posted(bad, a_file()), suppress_invalid=True, allow_repeated_ids=False)
    assert [one.name for one in opened] == ["session.ics"]


def test_two_attachments_with_one_content_id_are_refused_unless_the_header_allows_them() -> None:
    twins = posted(a_file(contentId="logo"), a_file(contentId="logo"))
    with pytest.raises(InvalidMessageError):
        open_attachments(twins, suppress_invalid=False, allow_repeated_ids=False)
    assert len(open_attachments(twins, suppress_invalid=False, allow_repeated_ids=True)) == 2
