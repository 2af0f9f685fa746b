"""Regular expressions: all are listed, and those that meet outside text take no longer for 64 kB of their worst."""

import ast
import importlib
import re
from collections.abc import Iterator
from functools import partial

import pytest

from tests.architecture.source_code import DEPLOYED, relative
from tests.cpu_limit import WORST, is_fast
from tests.every_row import every_row

OURS = "text of ours: style sheets, route templates, settings and content files"
OUTSIDE = "text from outside: forms, JSON, addresses, headers, cells, queues, or what an error quotes of them"

PATTERNS = {
    "functions/site/assets.py": {"_FONT_FACE": OURS, "_COMMENT": OURS},
    "functions/site/not_found.py": {"_PART": OURS},
    "functions/web/links.py": {"_TOKEN": OUTSIDE},
    "shared/backups/copies.py": {"_DAY": OURS},
    "shared/base64url.py": {"_SHAPE": OUTSIDE},
    "shared/content/language/language_file.py": {"_TAG": OURS},
    "shared/content/language/sentences.py": dict.fromkeys(("_PLACEHOLDER", "_MARKUP", "_TAG", "_VALUE"), OURS),
    "shared/bookings/model/email_ids.py": {"_SHAPE": OUTSIDE},
    "shared/bookings/model/pending_move.py": {"_SHAPE": OUTSIDE},
    "shared/bookings/self_service/calendar.py": dict.fromkeys(("_UID", "_ADDRESS", "_WEB_ADDRESS"), OUTSIDE),
    "shared/bookings/tables/cells/dates.py": dict.fromkeys(
        (
            "_WEEKDAY_FIRST",
            "_YEAR_FIRST",
            "_COMPACT",
            "_DAY_FIRST",
            "_MONTH_FIRST",
            "_SHORT_YEAR",
            "_LONG_YEAR",
            "_NUMBERS_ALONE",
        ),
        OUTSIDE,
    ),
    "shared/bookings/tables/cells/links.py": dict.fromkeys(("_REFUSED", "_LABEL", "_END_OF_HOST", "_PORT"), OUTSIDE),
    "shared/bookings/tables/cells/numbers.py": {"_WHOLE": OUTSIDE},
    "shared/bookings/tables/cells/times.py": dict.fromkeys(
        ("_DECIMAL", "_ZONED", "_WITH_DAY", "_TWELVE_HOURS", "_WITH_MINUTES", "_HOUR"), OUTSIDE
    ),
    "shared/bookings/tables/cells/visible_text.py": dict.fromkeys(
        ("_REMOVED", "_MISPLACED_JOINERS", "_HALF_OF_A_CHARACTER"), OUTSIDE
    ),
    "shared/bookings/tables/session_cells.py": {"_BETWEEN_OFFSETS": OUTSIDE},
    "shared/config/setting_types.py": dict.fromkeys(
        ("_DOMAIN", "_VAULT_KEY", "_NOTIFY_KEY", "_TOKEN", "_ORIGIN"), OURS
    ),
    "shared/fields/email_address.py": {"_ORDINARY": OUTSIDE},
    "shared/fields/phone_number.py": {"_EXTENSION": OUTSIDE},
    "shared/log_redaction.py": {"_ADDRESS": OUTSIDE},
    "shared/mail/markdown.py": dict.fromkeys(("_UNSEEN", "_BEGINNINGS", "_NUMBERS", "_LONE_DASHES"), OUTSIDE),
    "shared/passphrase.py": {"_ARGON2ID": OURS, "_SCRYPT": OURS, "_GAPS": OUTSIDE},
    "shared/referrals/collection/wrong_tries.py": {"_COUNTED": OUTSIDE},
    "shared/referrals/errors.py": {"_VERSION": OUTSIDE},
    "shared/referrals/referral_rows.py": {"_DAY": OUTSIDE},
    "shared/referrals/withdrawal/own_words.py": {"_WORD": OUTSIDE},
    "shared/references.py": {"_STUCK": OUTSIDE},
    "shared/reminder_offsets.py": {"_SHAPE": OUTSIDE},
    "shared/signing.py": {"_TIMED_PROOF": OUTSIDE},
}
"""Every compiled pattern by its module, and the text that it meets."""

ELSEWHERE = {
    ("functions/site/not_found.py", "re.compile"),  # of route templates, tried in tests/unit/test_long_values.py
    ("functions/site/not_found.py", "re.escape"),
    ("functions/api/rules.py", "re.escape"),
    ("shared/fields/phone_number.py", "re.fullmatch"),  # of the library's patterns, on at most 40 characters
}
"""Uses of `re` inside functions, by module."""

# What brings a pattern past its beginning, so that it meets the long text with the part that repeats.
BEGINNINGS = ("", "a@", "1 jan ")
AT_NIGHT = ("a", "mon ", "2023-09-01t00:00", "1", "x-1-booked-", 'moving "')


def outside() -> Iterator[tuple[str, str]]:
    for module, patterns in PATTERNS.items():
        yield from ((module, name) for name, meets in patterns.items() if meets == OUTSIDE)


def compiled(module: str, name: str) -> re.Pattern[str]:
    found = getattr(importlib.import_module(module.removesuffix(".py").replace("/", ".")), name)
    assert isinstance(found, re.Pattern)
    return found


def methods_used(source: str, name: str) -> set[str]:
    """The methods by which a module uses a pattern: named, called, or handed on."""
    tree = ast.parse(source)
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
    return used or {"fullmatch"}


def slow(pattern: re.Pattern[str], method: str, beginnings: tuple[str, ...]) -> list[str]:
    """The texts of 64 kB that take it too long."""
    found = []
    for beginning in beginnings:
        for name, text in WORST.items():
            if not is_fast(partial(_use, pattern, method, f"{beginning}{text}!")):
                found.append(f"{beginning!r} and {name}")  # one that is found takes half a second
    return found


def _use(pattern: re.Pattern[str], method: str, text: str) -> None:
    match method:
        case "sub":
            pattern.sub("", text)
        case "finditer":
            list(pattern.finditer(text))
        case _:
            getattr(pattern, method)(text)


def uses(source: str) -> tuple[set[str], set[str]]:
    """The names of the patterns that a module compiles for itself, and its other uses of `re`."""
    tree, names, others, mine = ast.parse(source), set[str](), set[str](), set[int]()
    for line in tree.body:
        if isinstance(line, ast.Assign):
            calls = [each for each in ast.walk(line.value) if is_use(each)]
            mine |= {id(each) for each in calls}
            names |= {
                each.id for target in line.targets for each in ast.walk(target) if calls and isinstance(each, ast.Name)
            }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_use(node) and id(node) not in mine:
            others.add(ast.unparse(node.func))
    return names, others


def is_use(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.")


def test_every_pattern_is_listed_with_the_text_that_it_meets() -> None:
    found = {relative(path): uses(path.read_text("utf-8")) for path in DEPLOYED}

    assert {module: names for module, (names, _) in found.items() if names} == {
        module: set(patterns) for module, patterns in PATTERNS.items()
    }
    assert {(module, use) for module, (_, others) in found.items() for use in others} == ELSEWHERE


@pytest.mark.parametrize("beginnings", [BEGINNINGS, pytest.param(AT_NIGHT, marks=pytest.mark.nightly)], ids=str)
@every_row("module, name", list(outside()))
def test_pattern_takes_64_kb_of_its_worst_in_little_time(module: str, name: str, beginnings: tuple[str, ...]) -> None:
    source = next(path.read_text("utf-8") for path in DEPLOYED if relative(path) == module)
    pattern = compiled(module, name)

    assert {method: slow(pattern, method, beginnings) for method in methods_used(source, name)} == {
        method: [] for method in methods_used(source, name)
    }


@pytest.mark.parametrize(
    ("pattern", "method", "text"),
    [
        (r"[,;\s]\s*\S+@", "search", "' '"),
        pytest.param(r"[^\s@]+@[^\s@]+", "search", "'a'", marks=pytest.mark.nightly),
        pytest.param(r"\s*(\d{0,4})\s*-\s*(\d{0,2})", "fullmatch", "' '", marks=pytest.mark.nightly),
    ],
)
def test_slow_pattern_is_found(pattern: str, method: str, text: str) -> None:
    assert not is_fast(lambda: _use(re.compile(pattern), method, f"{WORST[text]}!"))


def test_pattern_in_a_function_is_found() -> None:
    assert uses("import re\n_A = re.compile('a')\n_B, _C = re.compile('b'), re.compile('c')\n") == (
        {"_A", "_B", "_C"},
        set(),
    )
    assert uses("def f(text):\n    return re.sub('a', 'b', text)\n") == (set(), {"re.sub"})
