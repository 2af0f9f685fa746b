"""The pages to read around the two kinds of support."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import azure.functions as func
import pytest

import functions.site.content_pages
import shared.bootstrap
from functions.site import downloads
from functions.site.downloads import download, offers
from shared.config.settings import Support
from shared.content.content import Content
from shared.content.content_models import Resource, Resources
from shared.referrals.retention.retention_rules import ERASED_AFTER, STATUS_DELETED_AFTER
from shared.referrals.retention.uncollected_rules import NOTICE
from tests import builders
from tests.unit.functions import http_requests

BOOKINGS = {"kept_days": 41, "adjustments_are_read": True, "names_go_to_facilitators": False, "marks_attendance": False}


@dataclass
class FakeServices:
    content: Content
    site_url: str = "https://support.example"
    closed: frozenset[Support] = field(default_factory=frozenset)
    bookings: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(**BOOKINGS))
    referrals: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(grace_weekdays=7))


@pytest.fixture
def services(content: Content, monkeypatch: pytest.MonkeyPatch) -> FakeServices:
    services = FakeServices(content)
    for module in (functions.site.content_pages, shared.bootstrap):
        monkeypatch.setattr(module, "services", lambda: services)
    return services


def response(handler: Any, name: str = "") -> func.HttpResponse:
    req = func.HttpRequest("GET", http_requests.URL, route_params={"name": name} if name else {}, body=b"")
    answer = handler(req)
    assert isinstance(answer, func.HttpResponse)
    return answer


def page_text(handler: Any) -> str:
    answer = response(handler)
    assert answer.status_code == 200
    return answer.get_body().decode()


def with_resources(content: Content, **resources: Any) -> Content:
    return content.model_copy(update={"resources": content.resources.model_copy(update=resources)})


def test_the_start_page_says_what_is_offered_who_sees_what_and_how_to_get_time_for_it(services: FakeServices) -> None:
    page, start = page_text(functions.site.content_pages.start), services.content.start
    said = [services.content.groups.summary, services.content.one_to_one.summary, start.groups_seen_by]
    said += [start.one_to_one_seen_by, *(each.heading for each in start.sections + start.background)]
    assert [each for each in said if each not in page] == []
    assert "/one-to-one/status" in page
    assert "to be agreed" not in page.casefold()
    assert all(f"<li>{principle}</li>" in page for principle in ("support", "education", "challenge"))


def test_each_kind_of_support_has_its_button_before_what_there_is_to_read(services: FakeServices) -> None:
    """The way to urgent help is the only thing that stands before the buttons."""
    page, start = page_text(functions.site.content_pages.start), services.content.start
    last = page.rindex('data-module="nhsuk-button"')
    assert page.index("/help-now") < page.index('data-module="nhsuk-button"')
    texts = [start.groups_seen_by, start.one_to_one_seen_by, *(each.heading for each in start.sections)]
    texts += [*(each.heading for each in start.background), services.content.resources.lede, "urgent-help"]
    places = [page.index(each) for each in texts]
    assert [last, *places] == sorted([last, *places])


@pytest.mark.parametrize(("shares", "words"), [(True, "A list of names"), (False, "They do not get a list of names")])
def test_one_table_says_of_each_group_of_people_what_they_can_see(
    services: FakeServices, *, shares: bool, words: str
) -> None:
    services.bookings.names_go_to_facilitators = shares
    services.content = builders.agreed_content()
    page = page_text(functions.site.content_pages.who_sees)
    for who in ("The Mersey Care team that organises", "Nafsiyat", "Other people", "Your manager"):
        assert re.search(rf'<th[^>]*scope="row"[^>]*>(?:(?!</th>).)*{who}', page, re.DOTALL)
    assert words in page
    assert "Its therapists can see who comes" in page
    assert "What you need, if you agree." in page
    services.bookings.adjustments_are_read = False
    assert "What you need" not in page_text(functions.site.content_pages.who_sees)


def test_what_is_agreed_beside_the_table_stands_below_it(services: FakeServices, other_content: Content) -> None:
    services.content = other_content
    assert all(each in page_text(functions.site.content_pages.who_sees) for each in other_content.who_sees.facts)


@pytest.mark.parametrize(("closed", "buttons"), [(set(), 2), ({Support.BOOKINGS}, 1), (set(Support), 0)])
def test_what_is_closed_has_no_button_and_says_so(closed: set[Support], buttons: int, services: FakeServices) -> None:
    services.closed = frozenset(closed)
    page = page_text(functions.site.content_pages.start)
    assert page.count('data-module="nhsuk-button"') == buttons
    assert services.content.closed.bookings is not None
    assert (services.content.closed.bookings.title in page) is (Support.BOOKINGS in closed)


def test_urgent_help_names_every_place_who_answers_there_and_when_it_was_tried(services: FakeServices) -> None:
    page = page_text(functions.site.content_pages.help_now)
    for each in ("999", "tel:111", "tel:116123", "85258", "people who work for", "last checked", "22 November 2026"):
        assert each in page
    assert page.index("999") < page.index("tel:111") < page.index("116 123")


def test_help_page_shows_the_oldest_date_on_which_a_card_was_checked(
    services: FakeServices, other_content: Content
) -> None:
    services.content = other_content
    assert "1 February 2031" in page_text(functions.site.content_pages.help_now)


def test_the_privacy_notice_names_who_sees_what_and_how_long_it_is_kept_here(services: FakeServices) -> None:
    page = page_text(functions.site.content_pages.privacy)
    assert services.content.provider.name in page
    assert "deleted 41 days after the session" in page
    assert "deleted within 7 working days of Nafsiyat confirming that it has them" in page
    assert f"no sooner than {ERASED_AFTER} days after they were sent" in page
    assert f"you can see the day {NOTICE.days} days before, with your reference" in page
    assert f"kept for {STATUS_DELETED_AFTER} days after your answers were deleted" in page


def test_the_notice_says_what_a_device_and_a_network_may_record(services: FakeServices) -> None:
    page = page_text(functions.site.content_pages.privacy)
    assert "Some can also record what a page shows and what you type" in page
    assert "unless JavaScript is turned off or does not work" in page
    assert "the address of this website and the kind of browser that you use" in page


@pytest.mark.parametrize("name", ["accessibility", "cookies"])
def test_a_notice_is_shown_whole(name: str, services: FakeServices) -> None:
    page, article = page_text(getattr(functions.site.content_pages, name)), getattr(services.content, name)
    assert f"<h1>{article.title}</h1>" in page
    assert all(each.heading in page for each in article.sections)


def test_the_prompts_can_be_read_and_printed_once_they_are_agreed(services: FakeServices) -> None:
    assert response(functions.site.content_pages.prompts).status_code == 404
    services.content = builders.agreed_content()
    page, article = page_text(functions.site.content_pages.prompts), services.content.resources.prompts
    assert article is not None
    assert all(prompt in page for each in article.sections for prompt in each.items)
    assert page.count("app-screen-only") == 2  # what says how to print, and a link, are not printed


def test_without_prompts_there_is_neither_page_nor_link(services: FakeServices) -> None:
    services.content = with_resources(services.content, prompts=None)
    assert response(functions.site.content_pages.prompts).status_code == 404
    assert "/resources/prompts" not in page_text(functions.site.content_pages.list_resources)


def test_a_resource_that_has_no_place_yet_is_not_shown(services: FakeServices) -> None:
    page = page_text(functions.site.content_pages.list_resources)
    items = services.content.resources.items
    assert [each.name for each in items if each.url] == [each.name for each in items if f">{each.name}</a>" in page]
    elsewhere = services.content.resources.elsewhere
    assert elsewhere is not None
    missing = [each for each in items if each.url is None]
    assert missing
    for each in missing:
        link = (
            f'<a href="{elsewhere.url}">{elsewhere.text}<span class="nhsuk-u-visually-hidden">: {each.name}</span></a>'
        )
        assert f"Available on {link}" in page
    services.content = with_resources(services.content, elsewhere=None)
    without = page_text(functions.site.content_pages.list_resources)
    assert [each.name for each in missing if each.name in without] == []


# Files.

FORM = Resource(name="Form", about="To fill in.", file="form.docx")
GONE = Resource(name="Slides", about="Not there.", file="slides.pdf")
LINK = Resource(name="Video", about="To watch.", url="https://video.example/1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "form.docx").write_bytes(b"w" * 2500)
    (tmp_path / "secret.pdf").write_bytes(b"s")
    (tmp_path / "odd.exe").write_bytes(b"x")
    return tmp_path


def resources_of(*items: Resource) -> Resources:
    return Resources(title="Resources", lede="All of them.", items=items)


def test_a_file_is_offered_with_its_format_and_size_and_a_missing_one_is_not(folder: Path) -> None:
    found = offers(resources_of(LINK, FORM, GONE), folder)
    assert [(each.name, each.href, each.kind) for each in found] == [
        ("Video", "https://video.example/1", ""),
        ("Form", "/resources/files/form.docx", "Word, 2KB"),
    ]


@pytest.mark.parametrize(("count", "size"), [(1, "1KB"), (250_000, "244KB"), (2_600_000, "2.5MB")])
def test_a_size_is_written_as_the_nhs_does(count: int, size: str, folder: Path) -> None:
    (folder / "form.docx").write_bytes(b"w" * count)
    assert offers(resources_of(FORM), folder)[0].kind == f"Word, {size}"


@pytest.mark.parametrize(
    "name", ["", "secret.pdf", "slides.pdf", "odd.exe", "../form.docx", "FORM.DOCX", "form.docx\x00"]
)
def test_only_what_the_copy_offers_can_be_downloaded(name: str, folder: Path) -> None:
    odd = Resource(name="Odd", about="No format we know.", file="odd.exe")
    assert download(resources_of(FORM, GONE, odd), name, folder) is None
    assert download(resources_of(FORM, GONE, odd), "form.docx", folder) is not None


def test_a_download_is_saved_and_never_shown_in_the_page_s_place(
    services: FakeServices, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.content = with_resources(services.content, items=(FORM,))
    monkeypatch.setattr(downloads.download, "__defaults__", (folder,))
    answer = response(functions.site.content_pages.resource_file, "form.docx")
    assert (answer.status_code, answer.get_body()) == (200, b"w" * 2500)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="form.docx"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.mimetype.endswith("wordprocessingml.document")
    assert response(functions.site.content_pages.resource_file, "other.docx").status_code == 404


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://plain.example", "data:text/html,x", "https://a b"])
def test_a_link_of_the_copy_is_safe_to_follow(url: str) -> None:
    with pytest.raises(ValueError, match="url"):
        Resource(name="n", about="a", url=url)


@pytest.mark.parametrize("file", ["../x.pdf", "a/b.pdf", ".hidden", "a\\b.pdf", 'a".pdf'])
def test_a_file_of_the_copy_lies_beside_it(file: str) -> None:
    with pytest.raises(ValueError, match="file"):
        Resource(name="n", about="a", file=file)


def test_a_resource_is_in_one_place() -> None:
    with pytest.raises(ValueError, match="a link and a file"):
        Resource(name="n", about="a", file="a.pdf", url="https://a.example")


def test_every_file_that_the_shipped_copy_names_is_shipped(content: Content) -> None:
    named = [each for each in content.resources.items if each.file]
    assert len(offers(resources_of(*named))) == len(named)


def test_what_a_manager_can_see_is_in_the_table_only_once_it_is_agreed(services: FakeServices) -> None:
    assert "Your manager" not in page_text(functions.site.content_pages.who_sees)
    services.content = builders.agreed_content()
    assert "Nothing. We do not tell them." in page_text(functions.site.content_pages.who_sees)
