"""The opener is one file, the same from every build, that nothing from outside can become a part of."""

import base64
import hashlib
import re
from itertools import pairwise
from pathlib import Path

import pytest

from local.content.reading_grade import grade, page_texts
from local.opener import build, command
from shared.references import ALPHABET
from shared.referrals import key_derivation
from tests.builders import ROOT
from tests.every_row import every_row
from tests.words import words_in

PAGE = build.opener().decode()
DOCUMENT = (ROOT / "docs" / "opener.md").read_text("utf-8")


def block(tag: str) -> str:
    [found] = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE, re.DOTALL)
    return str(found)


def test_every_build_gives_the_bytes_whose_hash_is_published(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A change of the opener changes docs/opener.md, which names the hash by which a provider knows the file."""
    target = tmp_path / "folder" / "opener.html"

    assert command.main(["--to", str(target.parent)]) == 0
    built = target.read_bytes()
    published = hashlib.sha256(built).hexdigest()
    assert built == PAGE.encode()
    assert capsys.readouterr().out == f"{target}\nSHA-256: {published}\n"
    assert f"`{published}`" in DOCUMENT


def test_the_ends_of_lines_of_a_clone_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, words = build._PAGE, build.WORDS
    for each in [*folder.iterdir(), words]:
        (tmp_path / each.name).write_bytes(each.read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setattr(build, "_PAGE", tmp_path)
    monkeypatch.setattr(build, "WORDS", tmp_path / words.name)

    assert build.opener().decode() == PAGE


def test_its_policy_allows_its_own_script_and_style_and_no_connection() -> None:
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', PAGE)
    directives = dict(each.strip().split(" ", 1) for each in policy.split(";"))

    def allowed(tag: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(block(tag).encode()).digest()).decode()}'"

    assert directives == {
        "default-src": "'none'",
        "script-src": allowed("script"),
        "style-src": allowed("style"),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert PAGE.index(policy) < PAGE.index("<style>")


def test_it_names_no_address_but_the_one_where_its_words_come_from() -> None:
    assert re.findall(r"(?:https?:|wss?:|ftp:)?//[\w.]+\.\w+[^\s,<]*", PAGE) == ["https://www.eff.org/dice"]
    assert re.findall(r"\b(?:src|action|srcset|ping|onclick|style)=", PAGE.replace(block("script"), "")) == []


@every_row(
    "name",
    [
        "fetch(",
        "XMLHttpRequest",
        "WebSocket",
        "sendBeacon",
        "EventSource",
        "import(",
        "eval(",
        "innerHTML",
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "cookie",
    ],
)
def test_its_script_neither_asks_nor_keeps_nor_makes_markup(name: str) -> None:
    assert name not in block("script").partition("];\n")[2]


def test_its_words_are_such_that_six_of_them_are_no_other_six() -> None:
    words = build.WORDS.read_text("utf-8").split()

    assert len(words) == 7775
    assert len(words) ** 6 > 2**77
    assert all(re.fullmatch("[a-z]{3,9}", word) for word in words)
    assert [pair for pair in pairwise(sorted(words)) if pair[1].startswith(pair[0])] == []


def test_it_derives_with_the_purposes_of_the_service() -> None:
    script = block("script")

    assert f'"{key_derivation.CONTENT}"' in script
    assert f'"{key_derivation.PROVIDER_ACKNOWLEDGED}"' in script
    assert f'"{ALPHABET}"' in script


def test_every_message_of_its_script_has_words() -> None:
    named = set(re.findall(r'(?:message|Problem|textOf)\((?:[\w.]+, )?"([\w-]+)"', block("script")))
    worded = set(re.findall(r'data-message="([\w-]+)"', PAGE.replace(block("script"), "")))

    assert named - worded == set()


def test_its_page_is_in_the_words_of_the_other_pages_and_no_harder_to_read() -> None:
    page = PAGE.replace(block("script"), "").replace(block("style"), "")
    texts = page_texts(page)

    assert words_in("\n".join(texts)) == set()
    assert 0 < grade(texts) <= 12
