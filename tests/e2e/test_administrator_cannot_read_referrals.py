"""Nobody at the trust learns who referred themselves, whatever they open, while a referral is here and afterwards.

The administrator reads every table, queue, log, setting and email but the provider's, and the storage's own files; what
they lack is the private key. What goes wrong leaves traces too, so everything that can go wrong here does.
"""

import base64
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from local.clock import LocalClock
from local.setup.keys import new_keys
from local.stack.processes import Plan
from local.stack.stack import Stack, started
from tests.builders import MORNING, session_cells
from tests.e2e.administrator_view import (
    SECRET,
    lines_with,
    locations_with_canaries,
    mails_to_others,
    readable_texts,
    traces,
)
from tests.e2e.canaries import CANARIES, files_with_canaries, is_canary_in
from tests.e2e.conftest import opened_form, person, rows
from tests.e2e.http_client import Answer, get, post_form, post_json
from tests.e2e.provider_actions import (
    confirm,
    is_sealed_kept,
    link_in,
    mail_about,
    open_patiently,
    open_with,
    pass_days,
    proof_in,
    refer,
)

OPERATORS = "operators@merseycare.nhs.uk"
LITTLE = {"full_name": "Li", "what_brings_you": ""}
STORIES = {
    "English": "It has been a difficult year. ",
    "Arabic": "أشعر بالتعب والوحدة في العمل. ",
    "Amharic": "በሥራ ቦታ ድካም እና ብቸኝነት ይሰማኛል። ",
    "Bengali": "আমি কাজে ক্লান্ত এবং একা বোধ করি। ",
    "emoji": "😔",
    "signs that JSON escapes": '"\\\t\n',
}
MUCH = {
    name: {"full_name": "Ọ́káfọ̀ Adébáyọ̀-Okonkwo", "what_brings_you": "canary: " + (story * 2_000)[:2_000] + "."}
    for name, story in STORIES.items()
}
UNLIKE = ("Bengali", "emoji", "signs that JSON escapes")  # three and four bytes for a character, and two for a sign


type Traces = dict[str, list[str]]


@dataclass(frozen=True)
class Deployment:
    """The service in one way of delivery, with everything that it stores and logs below `folder`."""

    stack: Stack
    folder: Path


@pytest.fixture(scope="module", params=["inline", "link"])
def deployment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("curious")
    (folder / "run").mkdir()
    # The timer only by hand: what it logs belongs to no one referral.
    by_hand = {"AzureWebJobs.schedule.Disabled": "true"}
    settings = {"REFERRAL_DELIVERY": request.param, "OPERATORS_EMAIL": OPERATORS, **by_hand}
    plan = Plan(
        at=MORNING,
        forks=True,
        folder=folder / "run",
        keys=new_keys(),
        data=folder / "data",
        settings=settings,
        reports=True,
    )
    with started(plan) as stack:
        yield Deployment(stack, folder)


@pytest.mark.parametrize("names", [UNLIKE, pytest.param(tuple(STORIES), marks=pytest.mark.nightly)])
def test_different_answers_leave_identical_traces(names: Sequence[str], deployment: Deployment) -> None:
    """Row by row and line by line: nothing tells the one from the other but reference, chance and the time of day."""
    stack, much = deployment.stack, [MUCH[name] for name in names]
    references, stages = zip(*(traces_of(stack, answers) for answers in (LITTLE, *much)), strict=True)
    pass_days(stack, 5)
    of_little, *of_much = [(*each, traces(stack, ref, [])) for ref, each in zip(references, stages, strict=True)]

    sealed, confirmed, erased = of_little
    assert {"table SealedReferrals", "table Referrals", "log meanwhile"} <= sealed.keys()
    assert "table SealedReferrals" in confirmed
    assert "table SealedReferrals" not in erased
    assert any("a referral is sent" in line for line in sealed["log meanwhile"])
    assert lines_with(stack, references) == set()
    for name, found in zip(names, of_much, strict=True):
        for kind, left, expected in zip(("sealed", "confirmed", "erased"), found, of_little, strict=True):
            assert without_its_own_email(stack, left) == without_its_own_email(stack, expected), f"{name}, {kind}"


def without_its_own_email(stack: Stack, left: Traces) -> Traces:
    """Traces without the provider's own email, which nobody else gets, where it holds the answers."""
    return {place: left[place] for place in left if place != "mail" or stack.settings["REFERRAL_DELIVERY"] != "inline"}


def traces_of(stack: Stack, answers: Mapping[str, object]) -> tuple[str, tuple[Traces, Traces]]:
    """The reference of a referral with these answers, and what it leaves when it was sent and when it was confirmed."""
    start = len(stack.log_text())
    reference = refer(stack, **answers)
    stack.settle()
    sealed = traces(stack, reference, stack.log_text()[start:].splitlines())
    finish(stack, reference)
    confirmed = traces(stack, reference, stack.log_text()[start:].splitlines())
    assert sealed["mail"] == confirmed["mail"] != []
    return reference, (sealed, confirmed)


def finish(stack: Stack, *references: str) -> None:
    """The provider opens what there is to open, and says that it has come."""
    for reference in references:
        link = link_in(mail_about(stack, reference))
        if "/collect/" in link:
            post_form(f"{link}/acknowledge", proof_in(open_patiently(stack, link)))
        else:
            confirm(stack, link)
    stack.settle()


def test_reader_of_everything_but_the_key_finds_no_answers_whatever_goes_wrong(
    deployment: Deployment,
) -> None:
    stack = deployment.stack
    answers = [*mistakes(stack), *troubles(stack)]
    good = refer(stack)
    stack.settle()
    before = locations_with_canaries(stack)
    finish(stack, good)
    pass_days(stack, 5)

    assert before == locations_with_canaries(stack) == set()
    assert not is_sealed_kept(stack, good), "and that was after its answers were deleted"
    assert OPERATORS in readable_texts(stack)["mail to others"], "who heard of what needs a person"
    assert files_with_canaries(deployment.folder) == set()
    assert not any(is_canary_in(answer.headers.get("location", "")) for answer in answers)
    assert good in readable_texts(stack)["table Referrals"]
    assert lines_with(stack, [good]) == set(), "the moment of a line would say when that person was there"
    attention = {
        row["RowKey"] for row in rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities() if row.get("AttentionOn")
    }
    assert attention
    assert all(lines_with(stack, [each]) for each in attention), "what needs a person is named"
    named = lines_with(stack, every_reference(stack))
    assert all("ERROR" in line for line in named)
    assert not any("waiting over" in line for line in named)


def every_reference(stack: Stack) -> list[str]:
    return [row["RowKey"] for row in rows(stack, "Referrals", "REFERRALS_STORAGE").list_entities()]


def mistakes(stack: Stack) -> list[Answer]:
    """Answers that are refused, forms that programmes filled in, and questions about referrals that are not there."""
    site = f"{stack.site}/one-to-one"
    form = opened_form(stack, "/one-to-one") | CANARIES
    return [
        post_json(site, CANARIES | {"canary_field": "canary"}),
        post_json(site, CANARIES | {"email": "canary-address"}),
        post_json(site, CANARIES | {"full_name": ["canary"]}),
        post_json(site, "canary"),
        post_form(site, form | {"consent_share": ""}),
        post_form(site, form | {"left_blank": "canary"}),
        post_form(site, form | {"form_token": "canary"}),
        post_form(f"{stack.site}/one-to-one/status", {"reference": "canary"}),
        post_json(f"{stack.site}/one-to-one/status", {"reference": "canary"}),
        post_form(f"{stack.site}/collect/canary-token", {"passphrase": "canary"}),
        post_form(f"{stack.site}/acknowledge/nothing", {"canary": "canary"}),
    ]


def troubles(stack: Stack) -> list[Answer]:
    """An email service that refuses and breaks off, a referral on the poison queue, one tampered with, wrong words."""
    stack.mail.faults([{"kind": "status", "status": 503, "count": 1}, {"kind": "drop_after", "count": 1}])
    trying = [refer(stack), refer(stack)]
    stack.settle()
    stack.mail.faults([{"kind": "status", "status": 400, "count": 1}])
    refused = refer(stack)
    stack.settle()
    tampered = tamper_with(stack)
    stack.hosts[0].run("referral_failed", json.dumps({"v": "1", "referral": trying[0]}))
    stack.set_clock(LocalClock(stack.clock_path)() + timedelta(hours=2))
    for _ in range(2):
        stack.tick()
        stack.settle()
    assert {refused, tampered} <= set(readable_texts(stack)["table Referrals"].split('"'))
    links = [link_in(mail_about(stack, reference)) for reference in trying]
    return [open_with(link, "canary passphrase") for link in links for _ in range(6)] + damaged(stack, tampered)


def damaged(stack: Stack, tampered: str) -> list[Answer]:
    """The page that the provider is shown of a referral that cannot be opened any more, where they got a link to it."""
    mails = stack.mail.messages(stack.settings["REFERRAL_RECIPIENT"])
    return [
        open_patiently(stack, link_in(mail_about(stack, tampered)))
        for mail in mails
        if tampered in mail["content"]["subject"]
    ]


def tamper_with(stack: Stack) -> str:
    """One whose sealed answers someone changed before they were sent."""
    stack.mail.faults([{"kind": "status", "status": 503, "count": 1}])
    reference = refer(stack)
    stack.settle()
    table = rows(stack, "SealedReferrals", "REFERRALS_STORAGE")
    row = table.get_entity("referrals", reference)
    row["Sealed"] = row["Sealed"][:-1] + bytes([row["Sealed"][-1] ^ 1])
    table.update_entity(row)
    return reference


def test_administrator_with_the_link_sees_no_answers_on_the_page(deployment: Deployment) -> None:
    """A link that they find in a log or make with the key that signs links still asks for the passphrase."""
    reference = refer(deployment.stack)
    deployment.stack.settle()
    page = get(link_in(mail_about(deployment.stack, reference)))

    assert page.status == 200
    assert not is_canary_in(page.text)


@pytest.mark.parametrize("delivery", ["inline", "link"])
def test_sealed_answers_are_gone_from_the_disk_once_the_provider_has_had_them_for_three_working_days(
    delivery: str, tmp_path: Path
) -> None:
    """As they lie on the disk when the storage has stopped: who gets the key one day finds nothing left to open."""
    run = tmp_path / "run"
    run.mkdir()
    settings = {"REFERRAL_DELIVERY": delivery}
    plan = Plan(
        at=MORNING,
        forks=True,
        folder=run,
        keys=new_keys(),
        data=tmp_path / "data",
        settings=settings,
        reports=True,
        load=None,
    )
    with started(plan) as stack:
        gone, kept = refer(stack), refer(stack)
        stack.settle()
        sealed = {reference: sealed_in_base64(stack, reference) for reference in (gone, kept)}
        finish(stack, gone)
        pass_days(stack, 5)

    files = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert [part in files for part in sealed[gone]] == [False, False]
    assert [part in files for part in sealed[kept]] == [True, True], "those of a referral that is still here are seen"
    assert gone.encode() in files, "the status is"


def sealed_in_base64(stack: Stack, reference: str) -> tuple[bytes, bytes]:
    """The sealed answers and their wrapped key as Azurite writes them."""
    row = rows(stack, "SealedReferrals", "REFERRALS_STORAGE").get_entity("referrals", reference)
    return base64.b64encode(row["Sealed"]), base64.b64encode(row["WrappedKey"])


# The controls: each way of looking sees what would be there.


def test_the_search_sees_a_word_in_every_kind_of_place(deployment: Deployment) -> None:
    stack = deployment.stack
    provider, here = stack.settings["REFERRAL_RECIPIENT"], "setting "
    seen = {place for place, text in readable_texts(stack).items() if "referrals@nafsiyat" in text}

    assert f"{here}REFERRAL_RECIPIENT" in seen
    assert f"{here}{SECRET}" not in readable_texts(stack)
    assert all(mail["recipients"] != {"to": [{"address": provider}]} for mail in mails_to_others(stack))
    for place in ("table SealedReferrals", "table Bookings", "queue referrals-poison", "mail to others"):
        assert place in readable_texts(stack)


@pytest.mark.parametrize("where", ["log", "table"])
def test_a_word_that_is_where_it_should_not_be_is_found(where: str, deployment: Deployment) -> None:
    undo = LEAKS[where](deployment.stack)
    found = locations_with_canaries(deployment.stack)
    undo()

    assert [place.startswith(where) for place in found] == [True]
    assert locations_with_canaries(deployment.stack) == set()


def leak_to_log(stack: Stack) -> Callable[[], object]:
    log = stack.children[-1].log
    size = log.stat().st_size
    with log.open("ab") as end:
        end.write(b"who was it? Canary-Nameself\n")
    return lambda: os.truncate(log, size)


def leak_to_table(stack: Stack) -> Callable[[], object]:
    table = rows(stack, "Referrals", "REFERRALS_STORAGE")
    table.create_entity({"PartitionKey": "others", "RowKey": "leak", "LastError": "canary-address refused"})
    return lambda: table.delete_entity("others", "leak")


LEAKS: dict[str, Callable[[Stack], Callable[[], object]]] = {"log": leak_to_log, "table": leak_to_table}


def test_a_word_in_anyone_elses_email_is_found(deployment: Deployment) -> None:
    """Last, for it cannot be undone: the organiser is emailed the name of whoever needs something."""
    session = session_cells(RowKey="booked", Date="2023-09-29")
    rows(deployment.stack, "Sessions").create_entity(session)
    post_json(
        f"{deployment.stack.site}/bookings", person("booked", full_name="Canary-Nameself", adjustments="A quiet room")
    )
    deployment.stack.settle()
    deployment.stack.tick()
    deployment.stack.settle()

    assert locations_with_canaries(deployment.stack) == {"mail to others", "table Bookings"}
