"""The look of an organisation outside the NHS: its colours and logo, and nothing that is the NHS's."""

from pathlib import Path

import azure.functions as func
import pytest

import functions.site.assets
from functions.site.assets import get_asset
from functions.web import look_files
from local.content.report import report
from shared.content.content import Content, ContentError, load_content
from shared.content.contrast import MIN_CONTRAST, contrast, darker
from shared.content.look import Colours, Look
from shared.mail.renderer import MailRenderer
from tests.builders import MORNING, ROOT, content
from tests.fakes import FakeClock
from tests.unit.functions import http_requests
from tests.unit.functions.fake_services import FakeServices
from tests.unit.functions.page_examples import PAGES, show
from tests.unit.shared.mail.test_renderer import EVERY

OTHER = ROOT / "tests" / "content" / "other-trust.toml"
LOOK = """
[look]
style = "plain"
logo = "council.svg"
[look.colours]
brand = "#5b2333"
link = "#5b2333"
button = "#22577a"
"""
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "council.svg").write_bytes(LOGO)
    monkeypatch.setattr(look_files.logo, "__defaults__", (tmp_path,))
    return tmp_path


@pytest.fixture
def plain(folder: Path) -> Content:
    path = folder / "plain.toml"
    path.write_text(f"{OTHER.read_text('utf-8')}\n{LOOK}", "utf-8")
    return load_content(path)


@pytest.fixture
def served(plain: Content, monkeypatch: pytest.MonkeyPatch) -> Content:
    monkeypatch.setattr(functions.site.assets, "services", lambda: FakeServices(plain, FakeClock(MORNING)))
    return plain


def asset(address: str) -> func.HttpResponse:
    answer = get_asset(http_requests.get(address.removeprefix("/assets/")))
    assert isinstance(answer, func.HttpResponse)
    return answer


def test_no_page_of_a_plain_look_has_anything_of_the_nhs(plain: Content) -> None:
    found = {}
    for name in PAGES:
        html = show(name, plain).html
        told = [each for each in ("NHS", "nhsuk-header__logo", "/images/", "manifest.json", "#005eb8") if each in html]
        styles = "private.min.css" in html and "nhsuk-frontend.min.css" not in html
        if told or not styles or html.count('rel="stylesheet"') != 2:
            found[name] = told
    assert found == {}


def test_the_header_has_the_logo_and_names_the_organisation_and_the_service(plain: Content) -> None:
    shown = show("start", plain)
    assert 'alt=""' in shown.html.partition('class="app-logo"')[2][:80]
    assert f'aria-label="{plain.organisation.name} {plain.mails.sign_off} homepage"' in shown.html
    for said in (plain.organisation.name, plain.organisation.descriptor, plain.mails.sign_off):
        assert said in shown.html.partition("<header")[2].partition("</header>")[0]


def test_the_files_of_the_look_are_served_where_pages_name_them(served: Content) -> None:
    html = show("start", served).html
    styles, logo = (look_files.address(file(served.look)) for file in (look_files.style_sheet, look_files.logo))
    assert (f'href="{styles}"' in html, f'src="{logo}"' in html) == (True, True)
    sheet, picture = asset(styles), asset(logo)
    assert (sheet.status_code, sheet.mimetype, picture.mimetype) == (200, "text/css", "image/svg+xml")
    assert b"--app-brand:#5b2333;" in sheet.get_body()
    assert picture.get_body() == LOGO
    assert "default-src 'none'" in picture.headers["Content-Security-Policy"], "a picture runs no script"
    assert asset("/assets/look-000000000000.css").status_code == 404


def test_every_colour_of_the_style_sheet_has_a_value(served: Content) -> None:
    sheet = asset(look_files.address(look_files.style_sheet(served.look))).get_body().decode()
    used = {part.partition(")")[0] for part in sheet.split("var(")[1:]}
    assert used
    assert [name for name in used if f"{name}:#" not in sheet] == []


def test_the_look_of_the_nhs_has_no_files_of_its_own() -> None:
    assert look_files.style_sheet(content().look) is None
    assert show("start", content()).html.count('rel="stylesheet"') == 1
    assert "nhsuk-header__logo" in show("start", content()).html


def test_emails_have_the_colour_of_the_header(plain: Content) -> None:
    template, facts = EVERY[0]
    assert 'bgcolor="#5b2333"' in MailRenderer(plain).render(template, to="a@b.example", **facts).html
    assert 'bgcolor="#005eb8"' in MailRenderer(content()).render(template, to="a@b.example", **facts).html


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('link = "#5b2333"', 'link = "#ffb703"'), "link on page has a contrast of 1.6, and needs 4.5"),
        (('brand = "#5b2333"', 'brand = "#ffb703"'), "brand_text on brand"),
        (('button = "#22577a"', 'button = "#ffb703"\nbutton_text = "#777777"'), "button_text on button"),
        (('style = "plain"', 'style = "nhs"'), "for that its style is plain"),
        (('brand = "#5b2333"', 'brand = "maroon"'), "look.colours.brand"),
        (('"council.svg"', '"../council.svg"'), "look.logo"),
    ],
)
def test_the_command_that_checks_a_content_file_refuses_what_cannot_be_read(
    change: tuple[str, str], said: str, folder: Path
) -> None:
    path = folder / "plain.toml"
    path.write_text(f"{OTHER.read_text('utf-8')}\n{LOOK.replace(*change)}", "utf-8")
    with pytest.raises(ContentError, match=said):
        list(report(path))


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01), "the example that just fails"
    assert min(Colours().contrasts.values()) >= MIN_CONTRAST
    assert darker("#ff8000") == "#cc6600"


def test_a_logo_whose_file_is_missing_is_left_out(folder: Path) -> None:
    assert look_files.logo(Look(style="plain", logo="gone.svg"), folder) is None
