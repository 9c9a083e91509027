"""What the pages about messages share: which text an address names, and findings and purposes in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from flask import abort, g, request

from assistant.families.jurisdictions import of_centre
from assistant.guide.leaves import Leaf
from assistant.guide.loader import load_guide
from assistant.guide.types import Guide
from assistant.web.current import the_house
from assistant.web.language import words
from assistant.web.speech import as_language
from assistant.words import Language
from messages.template_rules import allowed_names
from messages.template_states import editable, guide_piece
from messages.templates import catalogue


def of_list(language: str, key: str) -> Language:
    """The language of an address; 404 for one that we do not speak, or a text that cannot be edited."""
    code = as_language(language)
    if code is None or not editable(key):
        abort(404)
    return code


def a_line(name: str) -> str:
    """A field of the form as one line, without what a database does not take."""
    return " ".join(request.form.get(name, "").replace("\x00", "").split())


def what(key: str) -> str:
    """What a text is for, in plain words; of an e-mail, which part of it."""
    if key.startswith("words."):
        return _of_word(key)
    if guide_piece(key):
        return _of_guide(key)
    known, _, part = key.rpartition(".")
    say, knows = words().say, words().knows
    of_mail, whole = f"wording_for.{known.replace('.', '_')}", f"wording_for.{key.replace('.', '_')}"
    if part in ("subject", "body") and knows(of_mail):
        return f"{say(of_mail)}: {say(f'wordings.part_{part}')}"
    return say(whole) if knows(whole) else key  # one that is newer than these words


def guide_of_key(key: str) -> tuple[str, str]:
    """The jurisdiction and the text of the guide that a key names; 404 where it names none."""
    return guide_piece(key) or abort(404)


def _of_guide(key: str) -> str:
    """A text of the guide by what it is, and by its jurisdiction where that is not the one in use."""
    jurisdiction, piece = guide_of_key(key)
    kind, _, name = piece.partition(".")
    guide, language = load_guide(jurisdiction), words().language
    if kind == "letter":
        called = words().say("guide_words.letter", name=guide.letters.texts[name, language].title)
    elif words().knows(f"guide_words.mail_{name}"):
        called = words().say(f"guide_words.mail_{name}")
    else:
        called = words().say("guide_words.mail", name=guide.words[language][name])
    if "centre" not in g:
        with the_house().store.read() as session:
            g.centre = of_centre(session, the_house().settings).program.jurisdiction
    return called if jurisdiction == g.centre else f"{called} ({guide.state[language]})"


def leaf_label(guide: Guide, leaf: Leaf) -> str:
    """Where words of a text of the guide stand: "Part 4: a point"."""
    said = words().say(f"guide_words.leaf_{leaf.kind}")
    if leaf.clock:
        return f"{guide.clock_texts[leaf.clock].name[words().language]}: {said}"
    return words().say("guide_words.part", number=leaf.number, what=said) if leaf.number else said


def _of_word(key: str) -> str:
    """A word by where it stands, and as it is shipped, which says most."""
    begins = key.removeprefix("words.").partition("_")[0]
    group = begins if words().knows(f"wording_group.{begins}") else "other"
    return words().say(f"wording_group.{group}", words=catalogue(words().language)[key])


def kind_of(key: str) -> str:
    """The part of the list that a text stands in: its table, and of words whether they have {names}."""
    if guide_piece(key):
        return "guide"
    table = key.partition(".")[0]
    return "phrases" if table == "words" and allowed_names(key) else table


def finding(code: str, values: Mapping[str, str]) -> str:
    """A finding in the reader's language; one of an older program by its code."""
    key = f"wording_found.{code}"
    return words().say(key, **values) if words().knows(key) else code


def meaning(name: str) -> str:
    """What is filled in for a name."""
    key = f"wording_name.{name}"
    return words().say(key) if words().knows(key) else name


def today() -> date:
    """The program's local date."""
    house = the_house()
    return house.clock.now().astimezone(ZoneInfo(house.settings.program.zone)).date()
