"""Every string is in both languages, with the same names to fill in; no template says anything by itself."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from assistant.conversation.marks import ACTS
from assistant.web import answer
from assistant.web.register_fields import DAYS, ZONES
from assistant.web.speech import speech
from assistant.words import Cause, Outcome

WEB = Path(answer.__file__).parent
TEMPLATES = sorted(WEB.rglob("*.html"))
_CALL = re.compile(r"""\b(?:t|say)\(\s*["']([a-z_.]+)["']\s*([,)~])""")


def names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys_and_names() -> None:
    english, spanish = speech("en").entries, speech("es").entries
    assert set(english) == set(spanish)
    assert [key for key in english if names(english[key]) != names(spanish[key])] == []
    assert [key for key in english if not english[key].strip() or not spanish[key].strip()] == []


def test_spanish_is_not_english_left_over() -> None:
    english, spanish = speech("en").entries, speech("es").entries
    same = {key for key in english if english[key] == spanish[key]}
    assert same == {"dates.moment", "zone.phoenix", "zone.anchorage", "zone.puerto_rico"} | {
        key
        for key in same
        if key
        in ("answer.what", "answer.when", "answer.no", "audit.no", "answer.words_count", "unknown.said")
    }


@pytest.mark.parametrize("file", [*TEMPLATES, *sorted(WEB.glob("*.py"))], ids=lambda file: str(file.name))
def test_every_string_asked_for_is_there(file: Path) -> None:
    known = set(speech("en").entries)
    for key, end in _CALL.findall(file.read_text(encoding="utf-8")):
        if end == "~" or key.endswith((".", "_")):
            assert any(one.startswith(key) for one in known), key
        else:
            assert key in known


def test_no_string_is_unused() -> None:
    """Each is named where pages are made, or begins with what is: "note.act_" ~ key, f"role.{one}".

    Where only the room is named, its strings cannot be told apart: of those nothing is said here.
    """
    here, program = WEB.parent, WEB.parent.parent
    files = [
        *here.rglob("*.py"),
        *TEMPLATES,
        *(program / "messages").rglob("*.py"),
        *(program / "jobs").glob("*.py"),
    ]
    known = set(speech("en").entries)
    rooms = "|".join(sorted({key.partition(".")[0] for key in known}, key=len, reverse=True))
    named = re.compile(rf"""["']((?:{rooms})\.[a-z0-9_]*)""")
    found = {one for file in files for one in named.findall(file.read_text(encoding="utf-8"))}
    beginnings = tuple(one for one in found if one.endswith(("_", ".")))
    assert sorted(key for key in known if key not in found and not key.startswith(beginnings)) == []


def test_every_string_made_from_a_word_is_there() -> None:
    known = set(speech("en").entries)
    assert {f"outcome.{one.value}" for one in Outcome} <= known
    assert {f"cause.{one.value}" for one in Cause} <= known
    assert {f"step.{do}" for do in ACTS} | {f"step.is_{do}" for do in ACTS} <= known
    assert {f"zone.{key}" for _, key in ZONES} | {f"register.day_{day}" for day in DAYS} <= known
    assert {
        f"sandbox.{channel}_state_{state}"
        for channel in ("texts", "mails")
        for state in ("none", "invited", "in", "out")
    } <= known


class _Text(HTMLParser):
    """What a template says by itself: text between tags, and attributes that people hear or see."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [value or "" for name, value in attrs if name in ("title", "alt", "aria-label")]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.name))
def test_no_template_speaks_for_itself(file: Path) -> None:
    markup = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    reader = _Text()
    reader.feed(markup)
    assert re.findall(r"[A-Za-zÀ-ÿ]{2,}", " ".join(reader.said)) == []


# What they say is for machines and logs, not for people.
FOR_MACHINES = {"feed", "health", "limits", "mail_hook", "metrics", "requests", "security"}
FOR_MACHINES |= {"twilio", "twilio_check", "twilio_signature"}
# Words that are kept or typed, not shown as they stand.
NOT_SHOWN = {
    "refused webhooks could not be counted (%s)",  # to the log
    "web form",
    "not given",
    "not clear",
    "python app.py admin create EMAIL",
    '<base target="_blank">',
    "fire or smoke",  # a closure's name as the log keeps it
    "no power or water",
}


def spoken(file: Path) -> Iterator[str]:
    """What looks like a sentence in a module: two words in a row, no docstring, error or address."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and isinstance(
            node.body[0], ast.Expr
        ):
            passed.add(id(node.body[0].value))
        if isinstance(node, ast.Raise):
            passed |= {id(one) for one in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            said = node.value
            if not said.startswith("/") and re.search(r"[A-Za-zÀ-ÿ]{2,}[,:]? [A-Za-zÀ-ÿ]{2,}", said):
                yield said


@pytest.mark.parametrize("file", sorted(WEB.glob("*.py")), ids=lambda file: str(file.name))
def test_no_page_speaks_for_itself(file: Path) -> None:
    if file.stem in FOR_MACHINES:
        return
    assert set(spoken(file)) - NOT_SHOWN == set()


def test_a_sentence_in_a_page_is_found(tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text(
        '"""A page of words."""\nflash("All went well, thank you")\nraise ValueError("no such thing")\n'
    )
    assert list(spoken(file)) == ["All went well, thank you"]


def test_no_word_is_used_that_accuses() -> None:
    for language in ("en", "es"):
        text = " ".join(speech(language).entries.values()).casefold()
        for word in ("violation", "illegal", "guarantee", "they owe", "violación", "ilegal", "garantiza"):
            assert word not in text
