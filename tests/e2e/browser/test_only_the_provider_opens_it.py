"""The whole way with `sealed`, in a real browser: keys, a referral in Yoruba and Arabic, file, answers, code, deletion.

The opener is a file on the disk of a computer whose network is cut; the service has no key at all.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from local.opener.build import opener
from local.tour import Visitor
from local.tour.browser import open_page
from local.tour.referrals import ON, TOPICS, agree_and_send, begin
from tests.e2e.browser.conftest import DESKTOP, Visit
from tests.e2e.browser.test_opener import make_keys
from tests.e2e.conftest import mails_to
from tests.e2e.provider_actions import is_sealed_kept, link_in, mail_about, pass_days, status_of

YORUBA, ARABIC = "Ọ́káfọ̀ Adébáyọ̀", "أشعر بالتعب والوحدة في العمل."
_DIRECTION = "each => getComputedStyle(each).direction"


@pytest.fixture
def opener_page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The opener on the provider's computer, which asks the network for nothing and would get nothing."""
    path = tmp_path / "opener.html"
    path.write_bytes(opener())
    with open_page(browser, viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"]) as (page, issues):
        asked: list[str] = []
        page.context.set_offline(True)
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        yield page
        assert [each for each in asked if not each.startswith(("file:", "blob:"))] == []
        assert issues.browser_errors == []


def refer_in_yoruba_and_arabic(visitor: Visitor) -> str:
    """Fills in the form, and returns the reference."""
    begin(visitor)
    for topic in TOPICS:
        topic.answer(visitor)
        if topic.name == "your name":
            visitor.write(what_is_your_name=YORUBA)
        if topic.name == "more about you":
            visitor.write(what_would_you_like_support=ARABIC)
        visitor.press(ON)
    agree_and_send(visitor)
    assert visitor.heading().startswith("You have sent your form"), "not received: no one here can know"
    return visitor.page.locator(".nhsuk-panel strong").inner_text()


def saved_file(visitor: Visitor, folder: Path) -> Path:
    """The file behind the link, saved as a person saves it."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Save the file").click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target


def opened(page: Page, file: Path, key_file: Path, passphrase: str, reference: str) -> str:
    """Opens the referral on the provider's computer, and returns the code that is copied there."""
    page.get_by_label("Referral file").set_input_files(file)
    page.get_by_label("Key file", exact=True).set_input_files(key_file)
    page.get_by_label("Passphrase of the key file").fill(passphrase)
    page.get_by_role("button", name="Open the referral").click()
    expect(page.get_by_role("heading", name=f"Self-referral {reference}")).to_be_visible()
    assert not page.get_by_role("alert").is_visible(), "sealed to no one else"
    for answer, direction in ((YORUBA, "ltr"), (ARABIC, "rtl")):
        assert page.locator("dd", has_text=answer).evaluate(_DIRECTION) == direction
    page.get_by_role("button", name="Copy the code").click()
    expect(page.locator("#copied-code")).to_have_text("Copied")
    code: str = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Close this referral").click()
    return code


def test_a_referral_goes_from_the_form_to_the_providers_own_disk_and_is_deleted_here(
    visit: Visit, opener_page: Page, tmp_path: Path
) -> None:
    files, passphrases, public = make_keys(opener_page, tmp_path)
    opener_page.get_by_role("button", name="Finish").click()
    needs = (
        ("REFERRAL_DELIVERY", "sealed"),
        ("REFERRAL_PROVIDER_KEYS", json.dumps(public)),
        *((name, "") for name in ("REFERRAL_PUBLIC_KEY", "REFERRAL_PRIVATE_KEY", "REFERRAL_PASSPHRASE")),
    )
    with visit(needs=needs) as visitor:
        stack = visitor.stack
        reference = refer_in_yoruba_and_arabic(visitor)
        stack.settle()
        mail = mail_about(stack, reference)
        assert YORUBA not in str(mails_to(stack, stack.settings["REFERRAL_RECIPIENT"]))
        visitor.open(link_in(mail))
        assert visitor.page.locator("input[type=password], input[type=file]").count() == 0
        assert "Never enter your passphrase or add your key file on a website" in visitor.page.inner_text("main")

        file = saved_file(visitor, tmp_path)
        codes = [
            opened(opener_page, file, key, words, reference) for key, words in zip(files, passphrases, strict=True)
        ]
        assert codes[0] == codes[1], "each key opens it, and shows the same code"
        visitor.page.get_by_label("Code").fill(codes[0][:-1] + ("3" if codes[0][-1] != "3" else "4"))
        visitor.press("We have saved this referral")
        assert "This is not the code of this referral" in visitor.page.inner_text("main")
        assert status_of(stack, reference)["State"] == "sent"
        visitor.page.get_by_label("Code").fill(codes[0])
        visitor.press("We have saved this referral")
        assert visitor.heading() == "You have confirmed this referral"
        assert status_of(stack, reference)["State"] == "acknowledged"

        pass_days(stack, 6)
        assert status_of(stack, reference)["State"] == "erased"
        assert not is_sealed_kept(stack, reference)
        visitor.page.reload()
        assert visitor.heading() == "You have this referral"
