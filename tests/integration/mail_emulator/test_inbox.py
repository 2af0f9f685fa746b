import urllib.request
from collections.abc import Callable
from datetime import timedelta
from email.message import Message
from urllib.error import HTTPError

import pytest
from azure.communication.email import EmailClient

from local.mail import Emulator
from tests.integration.mail_emulator.email_client import send
from tests.unit.local.mail.message_builders import a_file, a_message, to

DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(emulator: Emulator, path: str) -> tuple[str, Message]:
    with DIRECT.open(emulator.url + path, timeout=60) as answer:
        return answer.read().decode(), answer.headers


def test_the_inbox_lists_newest_first_with_london_time_addressee_subject_and_state(
    emulator: Emulator, client: EmailClient, advance: Callable[[timedelta], None]
) -> None:
    send(client, a_message(content={"subject": "The first", "plainText": "1"}))
    advance(timedelta(minutes=1))
    emulator.faults([{"kind": "final", "final": "Failed"}])
    send(client, a_message(content={"subject": "The second", "plainText": "2"}, recipients=to("bob@staff.test")))
    page, _ = get(emulator, "/")
    second, first = page.index("The second"), page.index("The first")
    assert "bob@staff.test" in page[second:first]
    assert "Fri 8 Sep 2023, 15:01:00 - Failed (EmailDropped)" in page[second:first]
    assert "Fri 8 Sep 2023, 15:00:00 - Succeeded, Delivered" in page[first:]


def test_an_empty_inbox_says_so(emulator: Emulator) -> None:
    assert "No messages yet" in get(emulator, "/")[0]


def test_what_was_posted_is_never_markup_of_the_page(emulator: Emulator, client: EmailClient) -> None:
    sly = "<script>alert(1)</script>"
    send(
        client,
        a_message(
            content={"subject": sly, "plainText": sly},
            recipients={"to": [{"address": "ada@staff.test", "displayName": sly}]},
            headers={"X-Sly": sly},
            attachments=[a_file(name=sly)],
        ),
    )
    pages = [get(emulator, path) for path in ("/", "/messages/1")]
    assert all("<script" not in page and "&lt;script&gt;" in page for page, _ in pages)
    assert all("default-src 'none'" in headers["content-security-policy"] for _, headers in pages)


def test_the_html_part_is_shown_in_a_sandbox_and_its_links_open_beside_it(
    emulator: Emulator, client: EmailClient
) -> None:
    html = '<html><head><title>x</title></head><body><script>alert(1)</script><a href="https://x.test">Go</a></body>'
    send(client, a_message(content={"subject": "Hello", "html": html}))
    page, _ = get(emulator, "/messages/1")
    frame = page[page.index("<iframe") : page.index("</iframe>")]
    assert 'src="/messages/1/html"' in frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    part, headers = get(emulator, "/messages/1/html")
    assert part == html.replace("<head>", '<head><base target="_blank">')
    assert "sandbox allow-popups" in headers["content-security-policy"]
    assert "script" not in headers["content-security-policy"]


def test_the_page_of_a_mail_shows_its_text_with_links_and_its_headers(emulator: Emulator, client: EmailClient) -> None:
    send(
        client,
        a_message(
            content={"subject": "Hello", "plainText": "Cancel at https://trust.test/cancel?a=1&b=2 please"},
            headers={"X-Kind": "reminder", "Message-ID": "<7f1c@trust.test>"},
            replyTo=[{"address": "help@trust.test", "displayName": "Help desk"}],
        ),
    )
    page, _ = get(emulator, "/messages/1")
    assert 'href="https://trust.test/cancel?a=1&amp;b=2"' in page
    for shown in ("X-Kind", "reminder", "&lt;7f1c@trust.test&gt;", "Help desk &lt;help@trust.test&gt;"):
        assert shown in page
    assert "<iframe" not in page


def test_an_attachment_is_offered_as_a_download(emulator: Emulator, client: EmailClient) -> None:
    send(client, a_message(attachments=[a_file(name="séance 1.ics")]))
    page, _ = get(emulator, "/messages/1")
    assert "/messages/1/attachments/0" in page
    content, headers = get(emulator, "/messages/1/attachments/0")
    assert content == "BEGIN:VCALENDAR"
    assert headers["content-type"] == "text/calendar"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''s%C3%A9ance%201.ics"


@pytest.mark.parametrize("path", ["/messages/1", "/messages/1/html", "/messages/1/attachments/0", "/nowhere"])
def test_what_is_not_there_is_not_found(emulator: Emulator, path: str) -> None:
    with pytest.raises(HTTPError, match="404") as missing:
        get(emulator, path)
    missing.value.close()


def test_a_wrong_method_is_refused(emulator: Emulator) -> None:
    request = urllib.request.Request(f"{emulator.url}/messages", method="PUT")
    with pytest.raises(HTTPError, match="405") as refused:
        DIRECT.open(request, timeout=60)
    refused.value.close()


def test_a_message_id_that_is_taken_and_not_validated_is_replaced(emulator: Emulator, client: EmailClient) -> None:
    for _ in range(2):
        send(client, a_message(headers={"Message-ID": "<7f1c@trust.test>"}))
    pages = [get(emulator, f"/messages/{number}")[0] for number in (1, 2)]
    assert ["&lt;7f1c@trust.test&gt;" in page for page in pages] == [True, False]
