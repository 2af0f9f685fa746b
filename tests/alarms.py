"""The table of alarms (`infra/alarms.json`), and which of them a line of the log sets off."""

import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.builders import ROOT

TABLE = ROOT / "infra" / "alarms.json"
OPERATIONS = ROOT / "docs" / "operations.md"

# Application Insights' numbers for the levels of Python's logging.
_SEVERITY = {logging.DEBUG: 0, logging.INFO: 1, logging.WARNING: 2, logging.ERROR: 3, logging.CRITICAL: 4}
_TEXT = r'Message (contains_cs|startswith_cs) "([^"]+)"'
_TEXTS = rf"(?:{_TEXT}|\({_TEXT}(?: or {_TEXT})+\))"
_QUERY = re.compile(rf"AppTraces \| where SeverityLevel >= ([123]) and {_TEXTS} \| project TimeGenerated")
_LOGGED = re.compile(r"^[\d-]+ [\d:,]+ ([A-Z]+) ((?:functions|shared)[\w.]*): (.*)$", re.MULTILINE)
_HOST = "functions.host"  # the local host's own lines: in Azure another program writes them, with other words


@dataclass(frozen=True, slots=True)
class TextCondition:
    """The condition of a query on lines: a level or above, and any of these texts."""

    severity: int
    texts: Sequence[tuple[str, str]]

    @classmethod
    def of(cls, query: str) -> "TextCondition | None":
        """The condition of a query as Azure would read it; None if it asks for something else than lines."""
        found = _QUERY.fullmatch(query)
        return cls(int(found[1]), re.findall(_TEXT, query)) if found else None

    def matches(self, level: int, line: str) -> bool:
        tests = {"contains_cs": line.__contains__, "startswith_cs": line.startswith}
        return _SEVERITY[level] >= self.severity and any(tests[operator](text) for operator, text in self.texts)


@cache
def alarms() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The table, by kind of alarm."""
    found: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(TABLE.read_text("utf-8"))
    return found


@cache
def text_conditions() -> Mapping[str, TextCondition]:
    """The conditions of alarms on lines or their absence, by the alarm's name."""
    found = {each["name"]: TextCondition.of(each["query"]) for each in alarms()["log"]}
    return {name: condition for name, condition in found.items() if condition is not None}


def texts() -> Mapping[str, TextCondition]:
    """Each text that an alarm looks for, as a condition of its own."""
    return {
        text: TextCondition(condition.severity, [(operator, text)])
        for condition in text_conditions().values()
        for operator, text in condition.texts
    }


def set_off(level: int, line: str) -> list[str]:
    """The names of the alarms that a line sets off."""
    silent = {each["name"] for each in alarms()["log"] if each["operator"] == "LessThan"}
    return [
        name for name, condition in text_conditions().items() if name not in silent and condition.matches(level, line)
    ]


def not_alarmed_once(lines: Iterable[tuple[int, str]]) -> list[str]:
    """Lines of which no alarm or more than one says that someone has to look."""
    return [f"{line}: {names}" for level, line in lines if len(names := set_off(level, line)) != 1]


def lines(log_text: str) -> list[tuple[int, str]]:
    """The lines that the service itself wrote into the log of a local host, with their levels."""
    found = [(level, line) for level, name, line in _LOGGED.findall(log_text) if name != _HOST]
    return [(logging.getLevelNamesMapping()[level], line) for level, line in found]


def error_lines(log_text: str) -> list[tuple[int, str]]:
    """Those at error level."""
    return [each for each in lines(log_text) if each[0] >= logging.ERROR]


def went_off(log_text: str, name: str) -> bool:
    """True if the running service has written a line that this alarm is about; of one on silence, that ends it."""
    return any(text_conditions()[name].matches(level, line) for level, line in lines(log_text))
