"""The record of a referral, as it is sealed: its JSON, and the size that every record of one form is padded to.

The size follows from the content file alone, so that a stored row says nothing of language, script or length.
"""

import json
from collections.abc import Sequence

from shared.content.question import FormQuestion, Language
from shared.content.question_catalogue import CHARACTERS, Kind

MAX_RECORD_BYTES = 64 * 1024 - 16
"""The most that can be sealed: a cell of a table holds 64 KiB, and AES-GCM adds 16 bytes."""

_STEP = 1024  # bytes: a changed word in a label need not change the size
_WIDEST = "\x01"  # six bytes of JSON; no character takes more, as UTF-8 or escaped
_LONGEST_DATE = "30 September 2023"


def record_json(answers: Sequence[tuple[FormQuestion, str]], consent_version: str, consent: str) -> str:
    """Each question that was asked, with its answer in words, "" for none; and the consent as it was worded."""
    return json.dumps(
        {
            "answers": [{"ask": each.ask, "label": each.short, "answer": words} for each, words in answers if words],
            "not_answered": [each.short for each, words in answers if not words],
            "consent": {"version": consent_version, "statement": consent},
        },
        ensure_ascii=False,  # six times shorter in most scripts
    )


def record_size(
    questions: Sequence[FormQuestion], languages: Sequence[Language], consent_version: str, consent: str
) -> int:
    """Bytes to which the records of a form are padded: at least as many as the longest can have.

    More than `MAX_RECORD_BYTES` if the longest cannot be stored.
    """
    answers = [(each, _longest_answer(each, languages)) for each in questions if each.question.kept]
    longest = len(record_json(answers, consent_version, consent).encode())
    return longest if longest > MAX_RECORD_BYTES else min(-(-longest // _STEP) * _STEP, MAX_RECORD_BYTES)


def _longest_answer(asked: FormQuestion, languages: Sequence[Language]) -> str:
    """An answer in words that takes as many bytes as any can."""
    kind, words = asked.question.kind, [option.words for option in asked.choices]
    if kind is Kind.DATE:
        return _LONGEST_DATE
    if kind is Kind.SEVERAL:
        return ", ".join(words)
    if kind is Kind.LANGUAGE:
        words = [f"{each.name} ({each.own})" for each in languages]
    if kind is not Kind.ONE:
        words = [*words, _WIDEST * CHARACTERS.get(kind, asked.max_length)]
    return max(words, key=_json_bytes)


def _json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode())
