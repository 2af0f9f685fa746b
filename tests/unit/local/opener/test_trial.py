"""A made-up referral for the drill: each of the keys opens it, and what is no set of keys is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.opener import command
from local.opener.trial import write_trial
from tests.builders import MORNING
from tests.every_row import every_row
from tests.opener_files import VECTORS, content_key, keys, opened_referral

ONE = VECTORS["public_keys"]["keys"][0]


def test_each_key_opens_it_and_it_says_that_it_is_made_up(tmp_path: Path) -> None:
    public = tmp_path / "provider-keys.json"
    public.write_text(json.dumps({"keys": [key.jwk for key in keys()]}), "utf-8")
    target = write_trial(public, tmp_path / "folder", MORNING)

    file = json.loads(target.read_text("utf-8"))
    assert (target.stem, target.suffix, file["received_on"]) == (file["reference"], ".referral", "2023-09-01")
    for key in keys():
        record = opened_referral(file, content_key(file, key.name, key.private))
        assert "no one has referred themselves" in record["answers"][0]["answer"]


def test_the_command_says_where_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    public = tmp_path / "provider-keys.json"
    public.write_text(json.dumps(VECTORS["public_keys"]), "utf-8")

    assert command.main(["--trial", str(public), "--to", str(tmp_path)]) == 0
    [written] = tmp_path.glob("*.referral")
    assert capsys.readouterr().out == f"{written}\n"


@every_row(
    "content",
    ["", "[]", "5", '{"keys": 5}', '{"keys": ["x"]}', {"keys": []}, {"keys": [ONE]}, {"keys": [ONE, ONE | {"n": 5}]}],
)
def test_what_is_no_set_of_two_keys_is_refused(
    content: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    public = tmp_path / "provider-keys.json"
    public.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")

    assert command.main(["--trial", str(public), "--to", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"{public}: ")
    assert list(tmp_path.glob("*.referral")) == []
