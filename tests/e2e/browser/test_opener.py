"""The opener in a browser, from the disk and with the network cut: keys are made, referrals opened, faults named."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from local.opener.build import opener
from local.tour.browser import open_page
from shared.referrals.collection.download import as_text
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.provider_sealing.acknowledgement_code import is_acknowledged
from shared.referrals.provider_sealing.envelope import ProviderEnvelope
from shared.referrals.provider_sealing.referral_file import file_name, referral_file
from shared.referrals.provider_sealing.sealer import ProviderSealer
from tests.builders import referral
from tests.e2e.browser.conftest import DESKTOP, PHONE
from tests.e2e.browser.keyboard import focused, tab_to
from tests.e2e.browser.page_audit import TOO_WIDE, violations
from tests.opener_files import PASSPHRASES, VECTORS, Key, checksum, content_key, key_file, keys, opened_key

REFERRAL = referral(reference="HJKM3467")
YORUBA, ARABIC = "Ọ́káfọ̀ Adébáyọ̀", "أشعر بالتعب والوحدة في العمل.\nوأريد أن أتحدث مع شخص ما."
RECORD = {
    "answers": [
        {"ask": "full_name", "label": "Name", "answer": YORUBA},
        {"ask": "what_brings_you", "label": "What they would like support with", "answer": ARABIC},
        {"ask": "other", "label": "Anything else", "answer": "<b onclick=alert(1)>&amp;</b>"},
    ],
    "not_answered": ["Pronouns", "Telephone"],
    "consent": {"version": "2023-08", "statement": "I agree that my answers go to the provider."},
}
_DIRECTIONS = "[...document.querySelectorAll('dd')].map(each => [each.innerText, getComputedStyle(each).direction])"
_DESCRIPTION = """() => {
  const ids = document.activeElement.getAttribute("aria-describedby").split(" ");
  return ids.map(id => document.getElementById(id).innerText);
}"""
_ASKS = """async address => {
  const broken = [];
  addEventListener("securitypolicyviolation", event => broken.push(event.effectiveDirective));
  const image = new Image();
  image.src = address + "/image";
  const form = document.createElement("form");
  form.action = address + "/form";
  document.body.append(image, form);
  form.submit();
  const asked = [fetch(address), new Promise((_, no) => { image.onerror = no; })];
  const outcomes = await Promise.allSettled(asked);
  navigator.sendBeacon(address, "x");
  await new Promise(done => setTimeout(done, 200));
  return [outcomes.map(each => each.status), broken.sort()];
}"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("opener") / "opener.html"
    path.write_bytes(opener())
    return path


@pytest.fixture
def page(browser: Browser, built: Path) -> Iterator[Page]:
    """The opener, opened from the disk by a computer without a network; it may not ask for anything, or fail."""
    with open_page(browser, viewport=DESKTOP, permissions=["clipboard-read", "clipboard-write"]) as (page, issues):
        asked: list[str] = []
        page.context.set_offline(True)
        page.context.on("request", lambda request: asked.append(request.url))
        page.goto(built.as_uri())
        yield page
        assert [each for each in asked if not each.startswith(("file:", "blob:file:", "blob:null"))] == []
        assert issues.browser_errors == []


def sealed(*jwks: Any) -> tuple[ProviderEnvelope, dict[str, Any]]:
    answers = json.dumps(RECORD, ensure_ascii=False).encode().ljust(8192)
    envelope = ProviderSealer(jwks or [key.jwk for key in keys()]).seal(REFERRAL, answers)
    return envelope, json.loads(referral_file(REFERRAL, envelope))


def upload(name: str, content: Any) -> Any:
    text = content if isinstance(content, str) else json.dumps(content)
    return {"name": name, "mimeType": "application/octet-stream", "buffer": text.encode()}


def open_with(page: Page, file: Any, key: Any, passphrase: str) -> None:
    page.get_by_label("Referral file").set_input_files(upload(file_name("HJKM3467"), file))
    page.get_by_label("Key file", exact=True).set_input_files(upload("one.key.json", key))
    page.get_by_label("Passphrase of the key file").fill(passphrase)
    page.get_by_role("button", name="Open the referral").click()


def own_key_file(*together: Key) -> dict[str, Any]:
    return key_file(keys()[0], PASSPHRASES[0], together or keys())


def answers_of(page: Page) -> list[tuple[str, str]]:
    expect(page.get_by_role("heading", name="Self-referral HJKM3467")).to_be_visible()
    labels, answers = page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts()
    return list(zip(labels, answers, strict=True))


def make_keys(page: Page, folder: Path) -> tuple[list[Path], list[str], Any]:
    """Makes two keys and checks each as the page asks; their files, their passphrases and the public keys."""
    page.get_by_role("button", name="Make the keys").click()
    expect(page.get_by_role("heading", name="Save your keys")).to_be_focused()
    passphrases, files = page.locator(".secret").all_inner_texts(), []
    for number in (1, 2):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Save the file of key {number}").click()
        files.append(folder / download.value.suggested_filename)
        download.value.save_as(files[-1])
    for number, file in enumerate(files):
        assert not page.get_by_label("Public keys").is_visible()
        check_key(page, file, passphrases[number])
        expect(page.get_by_role("status").first).to_have_text(
            f"Key {number + 1} works. Keys still to check: {1 - number}"
        )
    return files, passphrases, json.loads(page.get_by_label("Public keys").input_value())


def check_key(page: Page, file: Path, passphrase: str) -> None:
    page.get_by_label("Key file to check").set_input_files(file)
    page.get_by_label("Passphrase on the paper").fill(passphrase)
    page.get_by_role("button", name="Check this key").click()


def test_keys_that_are_made_here_open_what_the_service_seals_to_them(page: Page, tmp_path: Path) -> None:
    """The whole way: each key file with its own passphrase, the code that the service knows, the text that is saved."""
    files, passphrases, public = make_keys(page, tmp_path)
    assert page.locator(".secret").count() == 0
    page.get_by_role("button", name="Finish").click()
    envelope, file = sealed(*public["keys"])
    pairs = answer_pairs(RECORD, REFERRAL)

    for saved, passphrase in zip(files, passphrases, strict=True):
        content = json.loads(saved.read_text("utf-8"))
        open_with(page, file, content, passphrase)
        assert answers_of(page) == pairs
        assert not page.get_by_role("alert").is_visible()
        assert is_acknowledged(page.get_by_label("Code").input_value(), envelope.acknowledgement)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save as text").click()
        assert download.value.suggested_filename == "referral-HJKM3467.txt"
        assert download.value.path().read_bytes() == as_text("HJKM3467", pairs)
        page.get_by_role("button", name="Close this referral").click()
        assert content_key(file, content["thumbprint"], opened_key(content, passphrase))


def test_what_was_made_once_still_opens(page: Page) -> None:
    for content, passphrase in zip(VECTORS["key_files"], VECTORS["passphrases"], strict=True):
        open_with(page, VECTORS["referral"], content, f" {passphrase.upper().replace(' ', ' - ')} ")
        expect(page.get_by_label("Code")).to_have_value(VECTORS["code"])
        assert answers_of(page) == answer_pairs(VECTORS["record"], REFERRAL)
        page.get_by_role("button", name="Close this referral").click()


def test_answers_are_text_in_their_own_direction_and_the_code_is_copied(page: Page) -> None:
    envelope, file = sealed()
    open_with(page, file, own_key_file(), PASSPHRASES[0])

    assert [answer for _, answer in answers_of(page)][:3] == [YORUBA, ARABIC, "<b onclick=alert(1)>&amp;</b>"]
    assert [each[1] for each in page.evaluate(_DIRECTIONS)][:3] == ["ltr", "rtl", "ltr"]
    page.get_by_role("button", name="Copy the code").click()
    expect(page.locator("#copied-code")).to_have_text("Copied")
    assert is_acknowledged(page.evaluate("navigator.clipboard.readText()"), envelope.acknowledgement)
    page.evaluate("window.print = () => { document.title = 'printed'; }")
    page.get_by_role("button", name="Print").click()
    assert page.title() == "printed"


def test_nothing_of_a_referral_is_left_on_the_page_when_it_is_closed(page: Page) -> None:
    _, file = sealed()
    open_with(page, file, own_key_file(), PASSPHRASES[0])
    answers_of(page)
    code = page.get_by_label("Code").input_value()
    page.get_by_role("button", name="Close this referral").click()

    expect(page.get_by_role("heading", name="Open a referral")).to_be_focused()
    left = page.evaluate("document.body.outerHTML + [...document.querySelectorAll('input')].map(each => each.value)")
    assert [each for each in (YORUBA, "HJKM3467", code, PASSPHRASES[0]) if each in left] == []


def test_a_key_that_the_key_file_does_not_list_is_shown_under_a_red_warning(page: Page) -> None:
    stranger = keys("someone else")[0]
    _, file = sealed(*(key.jwk for key in (*keys(), stranger)))
    open_with(page, file, own_key_file(), PASSPHRASES[0])

    warning = page.get_by_role("alert")
    expect(warning).to_contain_text("Someone else can read this referral")
    assert warning.get_by_role("listitem").all_inner_texts() == [stranger.name]
    assert warning.evaluate("each => getComputedStyle(each).backgroundColor") == "rgb(179, 15, 15)"
    assert len(answers_of(page)) == 6


def _changed(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return content | changes


def faults() -> list[tuple[Any, Any, str, str]]:
    """A referral file, a key file, a passphrase, and the beginning of what the page says of them."""
    [_, file], own, words = sealed(), own_key_file(), PASSPHRASES[0]
    stranger = key_file(keys("someone else")[0], words, keys("someone else"))
    longer = _changed(own, belongs_with=[*own["belongs_with"], "AAAA"])
    wrapped = [each | {"wrapped_key": each["wrapped_key"][::-1]} for each in file["keys"]]
    not_referral, damaged = "This is not a referral file", "This referral file is damaged"
    not_key, damaged_key, wrong = "This is not a key file", "This key file is damaged", "This is not the passphrase"
    return [
        ("", own, words, not_referral),
        ("Some other text", own, words, not_referral),
        (own, own, words, not_referral),
        (json.dumps(file)[:-20], own, words, damaged),
        (_changed(file, keys=5), own, words, damaged),
        (_changed(file, nonce="!"), own, words, damaged),
        (_changed(file, ciphertext="AAAA" + file["ciphertext"][4:]), own, words, damaged),
        (_changed(file, received_on="2023-09-02"), own, words, damaged),
        (_changed(file, keys=file["keys"][::-1]), own, words, damaged),
        (_changed(file, keys=wrapped), own, words, damaged),
        (_changed(file, version="4"), own, words, "This page is too old"),
        (file, "{}", words, not_key),
        (file, file, words, not_key),
        (file, json.dumps(own)[:-20], words, damaged_key),
        (file, _changed(own, private_key=own["private_key"][::-1]), words, damaged_key),
        (file, _changed(own, rounds=1), words, damaged_key),
        (file, _changed(own, rounds=10**9), words, damaged_key),
        (file, longer, words, damaged_key),
        (file, _changed(longer, checksum=checksum(longer)), words, wrong),
        (file, stranger, words, "This key does not open this referral"),
        (file, own, PASSPHRASES[1], f"{wrong} of this key file"),
        (
            file,
            own,
            "abacus zoom abdomen zone ability yodle",
            f'{wrong} of this key file. Check the spelling of "yodle"',
        ),
        (file, own, "abacus zoom", f"{wrong} of this key file"),
        (file, own, " ", "Enter the passphrase"),
    ]


def test_whatever_does_not_open_is_named_beside_its_field(page: Page) -> None:
    wrong = {}
    for file, content, passphrase, says in faults():
        open_with(page, file, content, passphrase)
        problem = page.get_by_role("alert")
        expect(problem).to_be_focused()
        link = problem.get_by_role("link")
        text = link.inner_text()
        link.click()
        described = page.evaluate(_DESCRIPTION)
        if not text.startswith(says) or text not in described or page.locator("[aria-invalid]").count() != 1:
            wrong[says] = (text, described)
    assert wrong == {}


def test_what_was_not_chosen_is_asked_for(page: Page) -> None:
    asked = []
    for label, content in (("Referral file", sealed()[1]), ("Key file", own_key_file())):
        page.get_by_role("button", name="Open the referral").click()
        asked.append(page.get_by_role("alert").get_by_role("link").inner_text())
        page.get_by_label(label, exact=True).set_input_files(upload("x.referral", content))
    assert asked == ["Choose the referral file", "Choose the key file"]


def test_no_key_is_sent_before_each_was_checked(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Make the keys").click()
    file = tmp_path / "another.key.json"
    file.write_text(json.dumps(own_key_file()), "utf-8")
    check_key(page, file, PASSPHRASES[0])

    expect(page.get_by_role("alert")).to_contain_text("This is not one of the keys that you have just made")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the file of key 1").click()
    download.value.save_as(file)
    check_key(page, file, page.locator(".secret").last.inner_text())
    expect(page.get_by_role("alert")).to_contain_text("This is not the passphrase of this key file")
    assert not page.get_by_label("Public keys").is_visible()


def test_it_can_reach_nothing(browser: Browser, built: Path) -> None:
    """With a network: whatever was put into its script, its policy refuses to connect, load or send."""
    with open_page(browser) as (page, _), socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        page.goto(built.as_uri())

        outcomes, broken = page.evaluate(_ASKS, f"http://127.0.0.1:{server.getsockname()[1]}")
        assert outcomes == ["rejected", "rejected"]
        assert broken == ["connect-src", "connect-src", "form-action", "img-src"]
        with pytest.raises(BlockingIOError):
            server.accept()
        assert page.evaluate("try { document.body.innerHTML = '<b>'; 'made' } catch { 'refused' }") == "refused"


def test_a_referral_is_opened_with_the_keyboard_alone(page: Page) -> None:
    _, file = sealed()
    page.get_by_label("Referral file").set_input_files(upload("x.referral", file))
    page.get_by_label("Key file", exact=True).set_input_files(upload("one.key.json", own_key_file()))
    page.locator("h1").first.evaluate("each => { each.tabIndex = -1; each.focus(); }")
    tab_to(page, "input Referral file")
    tab_to(page, "input Key file")
    tab_to(page, "input Passphrase of the key file")
    page.keyboard.type(PASSPHRASES[0])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Self-referral HJKM3467")).to_be_focused()
    for name in ("button Print", "button Save as text", "input Code", "button Copy the code", "button Close"):
        tab_to(page, name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Open a referral")).to_be_focused()
    assert focused(page) == "h1 Open a referral"


def test_every_state_is_accessible_and_fits_a_small_phone(page: Page, tmp_path: Path) -> None:
    page.set_viewport_size(PHONE)
    stranger = keys("someone else")[0]
    _, file = sealed(*(key.jwk for key in (*keys(), stranger)))
    found = {"start": _audit(page)}
    open_with(page, file, own_key_file(), "wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    found["problem"] = _audit(page)
    open_with(page, file, own_key_file(), PASSPHRASES[0])
    answers_of(page)
    found["referral"] = _audit(page)
    page.get_by_role("button", name="Close this referral").click()
    make_keys(page, tmp_path)
    found["made"] = _audit(page)
    page.get_by_role("button", name="Finish").click()
    page.get_by_role("button", name="Make the keys").click()
    expect(page.locator(".secret")).to_have_count(2)
    found["keys"] = _audit(page)

    assert found == dict.fromkeys(found, ([], 0, 1))


def _audit(page: Page) -> tuple[list[str], int, int]:
    """What axe finds, how much lies beside the window, and how many headings of the first level can be seen."""
    headings = [each for each in page.locator("h1").all() if each.is_visible()]
    return violations(page), page.evaluate(TOO_WIDE), len(headings)


def test_files_can_be_dropped_on_the_page(page: Page) -> None:
    files = {"HJKM3467.referral": json.dumps(sealed()[1]), "one.key.json": json.dumps(own_key_file())}
    page.evaluate(
        """files => {
          const data = new DataTransfer();
          for (const [name, text] of Object.entries(files)) data.items.add(new File([text], name));
          document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        files,
    )
    page.get_by_label("Passphrase of the key file").fill(PASSPHRASES[0])
    page.get_by_role("button", name="Open the referral").click()
    assert answers_of(page) == answer_pairs(RECORD, REFERRAL)


def test_without_scripts_it_says_what_it_needs(browser: Browser, built: Path) -> None:
    with open_page(browser, java_script_enabled=False) as (page, _):
        page.goto(built.as_uri())
        expect(page.get_by_text("This page needs JavaScript.")).to_be_visible()
