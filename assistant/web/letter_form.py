"""What the pages of letters share: the short form for missing facts, and files made from a letter's text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal, get_args

from flask import send_file
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from assistant.conversation.letters import LONGEST, Offer, wrong
from assistant.guide.docx import docx
from assistant.guide.letter import Letter
from assistant.guide.letters import Detail, LetterBook
from assistant.guide.paper import copy_paper, paper, plain_text
from assistant.guide.pdf import pdf
from assistant.web.language import words

Format = Literal["docx", "pdf", "txt"]
FORMATS: tuple[Format, ...] = get_args(Format)
LONGEST_TEXT = 40_000  # characters of a letter that a parent has changed
_TYPES: Mapping[Format, str] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A question of the form, with what is known or was typed. `id` names its field."""

    detail: Detail
    value: str
    required: bool
    longest: int

    @property
    def id(self) -> str:
        return f"d-{self.detail.key}"


def fields_of(offer: Offer, book: LetterBook, names: Sequence[str]) -> list[Field]:
    """The form's questions, in the guide's order: what a letter cannot do without comes first."""
    needed = {key for name in names for key in book.needs[name]}
    return [Field(detail, value, detail.key in needed, LONGEST[detail.kind]) for detail, value in offer.asked]


def read_form(
    fields: Sequence[Field], form: MultiDict[str, str]
) -> tuple[list[Field], list[tuple[Detail, str]], dict[str, str]]:
    """What was typed, what of it is to be kept, and what is the matter, by field.

    A question that the form does not hold is left as it is.
    """
    typed, kept, errors = [], [], {}
    for field in fields:
        if field.id not in form:
            typed.append(field)
            continue
        value = form[field.id].replace("\r\n", "\n").strip()[:5_000]
        if field.detail.kind == "text":
            value = " ".join(value.split())
        # What is still missing is asked for again; an empty field is no reason not to keep the others.
        problem = wrong(field.detail, value, required=False)
        if problem:
            errors[field.id] = words().say(f"letters.wrong_{problem}", most=field.longest)
        typed.append(Field(field.detail, value, field.required, field.longest))
        kept.append((field.detail, value))
    return typed, kept, errors


def letter_file(letter: Letter, form: Format, edited: str | None) -> Response:
    """The letter for the school as a file, from the parent's text where there is one."""
    made = paper(letter, edited)
    data = docx(made) if form == "docx" else pdf(made) if form == "pdf" else plain_text(made).encode()
    return attachment(data, form, f"{letter.stem}.{form}")


def copy_file(letter: Letter) -> Response | None:
    """The parent's own copy as a PDF; None where there is none."""
    made = copy_paper(letter)
    return attachment(pdf(made), "pdf", f"{letter.stem}-copy.pdf") if made else None


def attachment(data: bytes, form: Format, name: str) -> Response:
    """Bytes as a download, never shown in the page."""
    return send_file(BytesIO(data), mimetype=_TYPES[form], as_attachment=True, download_name=name)


def same(text: str, letter: Letter) -> bool:
    """Whether a text is the letter's own, whatever a browser did to its line ends."""

    def plain(one: str) -> list[str]:
        return [line.rstrip() for line in one.replace("\r\n", "\n").strip().split("\n")]

    return plain(text) == plain(letter.school.text)
