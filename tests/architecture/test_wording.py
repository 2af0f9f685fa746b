"""The words of docstrings and comments: verbs or nouns first, and one word for an email."""

import re
from collections.abc import Iterator
from itertools import chain

import pytest

from tests.architecture.source_code import DEPLOYED, LOCAL, comments, docstrings, offenders
from tests.every_row import every_row

QUESTIONS = {"What", "Whether", "Where", "Which", "How", "Who"}
_CODE = re.compile(r"`[^`]*`")
# Not in an identifier, a path, an address or a compound: `mail/log.py`, `send_mail`, `mail.jinja`.
_MAIL = re.compile(r"(?<![\w/.@-])(?:e-)?mails?(?![\w/@-]|\.\w)", re.IGNORECASE)


def questions(source: str) -> list[str]:
    """Docstrings that begin as a question does."""
    words = [text.split(maxsplit=1) for text in docstrings(source)]
    return [each[0] for each in words if each and each[0].strip(",.:") in QUESTIONS]


def mails(source: str) -> Iterator[str]:
    """Docstrings and comments in which an email is called mail."""
    for text in chain(docstrings(source), comments(source)):
        yield from (match.group() for match in _MAIL.finditer(_CODE.sub("", text)))


def test_docstrings_begin_with_a_verb_or_a_noun() -> None:
    assert offenders(questions, [*DEPLOYED, *LOCAL]) == {}


@every_row("word", sorted(QUESTIONS))
@every_row("source", ['"""{} is there."""', 'def f():\n    """\n    {} is there."""', 'A = 1\n"""{} it is."""'])
def test_docstring_that_begins_as_a_question_is_found(source: str, word: str) -> None:
    assert questions(source.format(word)) == [word]
    assert questions(source.format("Returns")) == []


def test_an_email_is_called_email() -> None:
    assert offenders(mails, [*DEPLOYED, *LOCAL]) == {}


@pytest.mark.parametrize("text", ["sends a mail.", "Mails are sent", "an e-mail address", "the mail-free (mail) week"])
@pytest.mark.parametrize("source", ['"""It {}"""', "x = 1  # it {}"])
def test_email_that_is_called_mail_is_found(source: str, text: str) -> None:
    assert len(list(mails(source.format(text)))) == 1


@every_row("text", ["an email", "`mail`", "`the mail log`", "MailLog", "send_mail", "shared/mail/log.py"])
@every_row("source", ['"""It {}"""', "x = 1  # it {}", 'print("a mail")  # {}'])
def test_identifiers_paths_and_texts_keep_their_names(source: str, text: str) -> None:
    assert list(mails(source.format(text))) == []
