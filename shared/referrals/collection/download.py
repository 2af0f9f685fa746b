"""A referral as a file that the provider saves: plain text, which opens everywhere, whole in every script."""

from collections.abc import Iterable

from shared.wording.sentences import sentence


def file_name(reference: str) -> str:
    return f"referral-{reference}.txt"


def as_text(reference: str, answers: Iterable[tuple[str, str]]) -> bytes:
    """The answers in UTF-8, with the byte order mark and the line ends that every Windows program can read."""
    blocks = [
        sentence("answers.file-title", reference=reference),
        *(f"{label}\n{_indented(answer)}" for label, answer in answers),
    ]
    return ("\n\n".join(blocks) + "\n").replace("\n", "\r\n").encode("utf-8-sig")


def _indented(answer: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in answer.splitlines())
