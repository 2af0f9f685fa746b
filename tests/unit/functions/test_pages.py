"""Rules for every page, for this trust and for another."""

import base64
import hashlib
import re
import subprocess
import sys

import pytest

from functions.problems.problem_details import UNEXPECTED
from functions.site.assets import assets
from functions.web import render
from functions.web.security_headers import SCRIPT_HASHES
from shared.content.content import Content
from tests.builders import ROOT
from tests.every_row import every_row
from tests.unit.functions.page_examples import PAGES, SITE, Pages, show
from tests.unit.functions.referrals.page_examples import KEYS, OWN_FORM


def test_neither_templates_nor_code_name_a_trust_or_a_provider(content: Content) -> None:
    names = [content.organisation.name, content.provider.short_name, content.provider.email, content.service_name]
    files = [*render.TEMPLATES.rglob("*.html"), *(ROOT / "functions").rglob("*.py")]
    assert len(files) > 15
    assert [path for path in files for name in names if name.casefold() in path.read_text("utf-8").casefold()] == []


@every_row("name", PAGES)
def test_no_title_tells_a_shared_screen_what_the_service_is_about(name: str, pages: Pages) -> None:
    shown = pages[name]
    title, *_ = re.findall(r"<title>(.*?)</title>", shown.html)
    # Browsers print the title of the note for a manager, so that does not name the service at all.
    assert title.endswith(" Staff sessions") is not (name == "time away note")
    assert not re.search(r"trauma|raci|therap|refer|mersey|nafsiyat", title, re.IGNORECASE)


def test_no_two_pages_have_the_same_title(pages: Pages) -> None:
    """But for those on which something went wrong, which are called by what did."""
    titles: dict[str, set[str]] = {}
    for name, (template, _) in PAGES.items():
        title, *_ = re.findall(r"<title>(.*?)</title>", pages[name].html)
        titles.setdefault(title.removeprefix("Error: "), set()).add(template)
    shared = {title: found for title, found in titles.items() if len(found) > 1}
    assert {each for found in shared.values() for each in found} <= {"problem.html", "bookings/not-booked.html"}


@every_row("name", [name for name in PAGES if name.endswith("with errors")])
def test_a_title_says_first_that_something_is_wrong(name: str, pages: Pages) -> None:
    assert "<title>Error: " in pages[name].html


@every_row("name", PAGES)
def test_a_page_loads_only_what_is_served_here_and_runs_only_scripts_that_the_policy_knows(
    name: str, pages: Pages
) -> None:
    shown = pages[name]
    loaded = [*shown.all("src", "script", "img"), *shown.all("href", "link")]
    assert loaded
    assert all(url.removeprefix("/assets/") in assets() for url in loaded)
    scripts = re.findall(r"<script[^>]*>(.+?)</script>", shown.html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert tuple(f"sha256-{each}" for each in hashes) == SCRIPT_HASHES
    assert not [name for _, attrs in shown.elements for name in attrs if name == "style" or name.startswith("on")]


@every_row("name", PAGES)
def test_every_page_has_one_heading_a_skip_link_that_works_and_no_id_twice(name: str, pages: Pages) -> None:
    shown = pages[name]
    ids = shown.all("id")
    assert [tag for tag, _ in shown.elements].count("h1") == 1
    assert "#maincontent" in shown.all("href", "a")
    assert "maincontent" in ids
    assert sorted(ids) == sorted(set(ids))


@every_row("name", PAGES)
def test_every_link_within_a_page_leads_to_something_on_it(name: str, pages: Pages) -> None:
    shown = pages[name]
    targets = [url.removeprefix("#") for url in shown.all("href", "a") if url.startswith("#")]
    assert set(targets) <= set(shown.all("id"))
    assert set(shown.all("for", "label")) <= set(shown.all("id"))
    assert {each for described in shown.all("aria-describedby") for each in described.split()} <= set(shown.all("id"))


def test_every_page_shows_the_way_to_urgent_help(pages: Pages) -> None:
    assert "urgent-help" in pages["start"].all("id")
    for name in PAGES:
        is_for_staff = not name.startswith("provider")
        site = "https://support.example" if name in OWN_FORM else ""  # the app that has these has no other for staff
        assert (f"{site}/help-now" in pages[name].all("href", "a")) == is_for_staff


def test_every_page_about_bookings_names_whom_to_ask_and_no_page_about_a_referral_does(
    content: Content, pages: Pages
) -> None:
    to, without = content.groups.contact, set()
    for name, (template, _) in PAGES.items():
        shown = pages[name]
        reached = f"mailto:{to.email}" in shown.all("href", "a") and to.phone in shown.text
        # The one about another language is in that language; its links lead to pages that name whom to ask.
        if reached is template.startswith(("referrals/", "provider/", "info/language")):
            without.add(name)
    assert without == set()
    assert to.hours in pages["own booking"].text
    assert to.team in pages["booked"].text


def test_a_time_to_reply_is_promised_only_where_it_is_agreed(content: Content, other_content: Content) -> None:
    assert "We aim to reply" not in show("an article", content).text
    assert "We aim to reply within 4 working days." in show("an article", other_content).text


@every_row("name", [name for name in PAGES if name.startswith("provider")])
def test_a_page_for_the_provider_leads_nowhere_that_their_app_does_not_serve(
    name: str, content: Content, pages: Pages
) -> None:
    links = pages[name].all("href", "a")

    assert SITE["site"] + "/" in links
    served = {"/collect/t", "/collect/t/file", "/collect/u", f"tel:{(content.operators.phone or '').replace(' ', '')}"}
    assert [url for url in links if not url.startswith(("#", SITE["site"])) and url not in served] == []


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("choose a session", "/bookings/details"),
        ("choose another session", "/bookings/check"),
        ("booking", "/bookings/check"),
        ("check", "/bookings"),
        ("full meanwhile", "/bookings"),
        ("referral, consent", "/one-to-one"),
        ("referral, busy", "/one-to-one"),
    ],
)
def test_a_form_is_posted_to_its_own_address(name: str, action: str, content: Content) -> None:
    shown = show(name, content)
    assert (shown.all("action", "form"), shown.all("method", "form")) == ([action], ["post"])


@every_row(
    "name",
    [
        *("choose another session", "booking, changed", "booking with errors", "check"),
        *(f"referral, {key}" for key in [*KEYS, "help", "check", "consent", "busy"]),
    ],
)
def test_enter_in_a_field_leads_on_and_not_back(name: str, pages: Pages) -> None:
    """It presses the first button of the form in the page's order, wherever that stands."""
    shown = pages[name]
    buttons = [attrs for tag, attrs in shown.elements if tag == "button" and attrs.get("type") == "submit"]
    assert "formaction" not in buttons[0]
    assert [each["formaction"] for each in buttons if "nhsuk-back-link" in each["class"]]
    assert all(each.get("tabindex") == "-1" for each in buttons if each.get("aria-hidden"))


@pytest.mark.parametrize("name", ["booking", *(f"referral, {key}" for key in KEYS if key != "contact_by")])
def test_nothing_is_preselected(name: str, content: Content) -> None:
    assert show(name, content).all("checked") == []


def test_a_page_without_copy_still_says_what_happened() -> None:
    shown = show("problem with code", None)
    assert UNEXPECTED.title in shown.text
    assert "ab12cd34" in shown.text
    assert "banner" not in shown.all("role")


def test_the_start_of_the_app_loads_no_template_engine_and_reads_no_setting() -> None:
    code = (
        "import os, sys; os.environ.clear()\n"
        "import functions.forms.body, functions.web.render, functions.web.responses, functions.site.assets\n"
        "assert not {'jinja2', 'nhsuk_frontend_jinja', 'email_validator'} & set(sys.modules)\n"
        "assert getattr(sys.modules.get('shared.bootstrap'), '_services', None) is None\n"
        "assert functions.site.assets.assets.cache_info().currsize == 0\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
