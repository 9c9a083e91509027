"""The catalogue: complete in both languages, cheap, calm, and never sent with a hole."""

from __future__ import annotations

import re
import string
from datetime import date

import pytest
from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Alert, Store, Template, TemplateAct
from assistant.words import LANGUAGES, Cause, Language
from messages import templates
from messages.outbox import fit
from messages.readability import LINES, VERY_EASY, english_grade, spanish_ease
from messages.segments import count
from tests.support.family import SETTINGS

LONGEST = {
    "program": "Every Session",
    "child": "Maximiliano",
    "alias": "counseling",
    "when": "today (Wed 12/16)",
    "lead": "Maximiliano, today (Wed 12/16)",
    "items": "A) speech B) counseling",
    "answers": "counseling Wed 12/16: no, provider out",
    "first": "counseling Wed 12/16: yes",
    "last": "Tue 12/15",
    "quote": "i think she maybe went but not sure wh...",
    "link": "https://sessions.example.org/family/enter/AbCdEfGhIjKlMnOpQrStUvWx",
    "code": "123456",
    "line": "OT, 30 minutes, Tuesday 10:30 AM, every week",
    "calendars": "1 Alder Unified, 2 Birch Unified",
    "day": "Wed 12/16",
    "days": "7",
    "lines": "speech 24 yes, 3 no, 1 not sure; OT 11 yes, 2 no",
    "per_week": "10",
    "due": "60",
    "said": "make-up set for Wed 12/16",
    "change": "speech is now 30 minutes, 2 times a week, from Tue 9/1.",
    "aliases": "speech, counseling",
    "word": "REFUSED",
}
# Ordinary words in Spanish, for how hard a text is to read.
SPANISH = {
    "child": "Leo",
    "alias": "speech",
    "link": "aquí",
    "code": "123456",
    "when": "hoy (mié 16 dic)",
    "lead": "Leo, hoy (mié 16 dic)",
    "items": "A) speech B) OT",
    "answers": "speech mié 16 dic: no, faltó quien la da",
    "first": "speech mié 16 dic: sí",
    "day": "mié 16 dic",
    "last": "mar 15 dic",
    "lines": "speech 24 sí, 3 no",
    "said": "reposición el mié 16 dic",
    "change": "speech es ahora dos veces por semana.",
    "line": "OT, 30 minutos, martes 10:30",
    "quote": "creo que sí fue",
    "aliases": "speech, OT",
}
# What is asked about a period names it, and several things to count take more words than several sessions.
PERIOD = {
    **LONGEST,
    "when": "in the week of Mon 12/14",
    "lead": "Maximiliano, in the week of Mon 12/14",
    "items": "A) speech: how many of 2 B) counseling: minutes, of 60",
}


CHANGES = {
    "zone": "Los Angeles",
    "alias": "counseling",
    "often": "30 minutes, Tuesday 2:00 PM and Thursday 2:00 PM, every week",
    "day": "Wed 12/16",
    "days": "Tue 12/15, Wed 12/16 and Thu 12/17",
    "aliases": "speech, OT, counseling, aide",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_change_can_be_told_in_one_or_two_segments(language: Language) -> None:
    told = [key for key in templates.catalogue(language) if key.startswith("words.changed_")]
    assert len(told) >= 9
    for key in told:
        change = templates.fill(templates.catalogue(language)[key], CHANGES, key)
        body = templates.catalogue(language)["texts.plan_changed"]
        sent = fit(templates.fill(body, {"child": "Maximiliano", "change": change}, key), SETTINGS)
        assert count(sent).segments <= 2, (key, sent)
        assert not BANNED.search(sent)


def values_for(key: str) -> dict[str, str]:
    asked = re.fullmatch(r"texts\.question_(count|minutes|heard|without|given|mixed)", key)
    return PERIOD if asked else LONGEST


BANNED = re.compile(
    r"\b(violat\w+|illegal\w*|guarantee\w*|lawyer|IEP|violaci\w+|ilegal\w*|garanti\w+)\b", re.I
)


def names(body: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(body) if name}


def test_both_languages_have_the_same_texts_with_the_same_names() -> None:
    english, spanish = templates.catalogue("en"), templates.catalogue("es")
    assert english.keys() == spanish.keys()
    for key in english:
        assert names(english[key]) == names(spanish[key]), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_fit_and_stay_calm(language: Language) -> None:
    for key, body in templates.catalogue(language).items():
        assert not BANNED.search(body), key
        if not key.startswith("texts."):
            continue
        sent = fit(templates.fill(body, values_for(key), key), SETTINGS)
        found = count(sent)
        several = "many" in key or "mixed" in key
        assert found.segments <= (1 if language == "en" and not several else 2), (key, sent, found)
        # Accents stay where they cost nothing: a short text is one segment either way.
        assert found.encoding == "GSM-7" or found.segments == 1, (key, sent, found.unicode_chars)


def test_a_second_answer_with_the_longest_cause_is_one_text_in_english() -> None:
    day = templates.short_day(date(2026, 12, 16), "en")
    causes = [
        templates.word(cause.value, "en") for cause in Cause if cause.value not in ("other", "not_given")
    ]
    said = f"counseling {day}: {templates.word('missed', 'en')}, {max(causes, key=len)}"
    first = f"counseling {day}: {templates.word('partial', 'en', minutes=20)}"
    values = {"answers": said, "first": first, "days": "7"}
    sent = fit(templates.fill(templates.catalogue("en")["texts.confirm_second"], values, "here"), SETTINGS)
    assert count(sent).segments == 1, (len(sent), sent)


@pytest.mark.parametrize("language", LANGUAGES)
def test_carrier_words_are_never_offered_as_answers(language: Language) -> None:
    for key, body in templates.catalogue(language).items():
        if key.startswith("texts."):
            assert not re.search(r"\b(YES|CANCEL|END|QUIT)\b", body), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_are_grade_five_or_lower(language: Language) -> None:
    for key, body in templates.catalogue(language).items():
        if key.startswith("texts."):
            short = {"child": "Leo", "alias": "speech", "link": "here"}
            values = {**values_for(key), **(short if language == "en" else SPANISH)}
            plain = templates.fill(body, values, key)
            if language == "en":
                assert english_grade(plain, LINES) <= 5.0, (key, english_grade(plain, LINES), plain)
            else:
                assert spanish_ease(plain, LINES) >= VERY_EASY, (key, spanish_ease(plain, LINES), plain)


@pytest.mark.parametrize(
    "body",
    [
        "{child.__class__}",
        "{0.__class__}",
        "{child[0]}",
        "{child:>999999999}",
        "{child:{child}}",
        "{child!r:>9}",
        "{__import__('os')}",
        "{child.__init__.__globals__[secret_key]}",
        "x" * (templates.LONGEST_TEMPLATE + 1),
        "{huge}" * 11,
        "{child",
        "child}",
    ],
)
def test_a_text_that_staff_write_reaches_nothing_and_grows_to_nothing(body: str) -> None:
    with pytest.raises(templates.TemplateError) as caught:
        templates.fill(body, {"child": "Leo", "huge": "x" * 10_000}, "test")
    assert len(str(caught.value)) < 200


def test_what_looks_like_code_is_only_letters() -> None:
    body = "{{% for i in range(9) %}} {{{{ child }}}} ${{child}} %s {child}"
    filled = templates.fill(body, {"child": "{other} {{ 7*7 }}"}, "test")
    assert filled == "{% for i in range(9) %} {{ child }} ${child} %s {other} {{ 7*7 }}"


@pytest.mark.parametrize("body", ["{}", "{child.name}", "{child!r}", "{child:>9}", "{0}", "{missing}"])
def test_a_hole_or_anything_but_a_plain_name_is_refused(body: str) -> None:
    with pytest.raises(templates.TemplateError):
        templates.fill(body, {"child": "Leo"}, "test")


def test_versions_are_added_and_staffs_own_are_used_once_reviewed(store: Store, clock: VirtualClock) -> None:
    said = {"answers": "speech Tue 9/1: yes", "days": "7"}

    def in_use() -> int:
        with store.read() as session:
            return templates.text(session, "confirm", "en", said).version

    def done(act: str, number: int = 2) -> None:
        with store.write() as session:
            row = select(Template.id).where(Template.key == "texts.confirm", Template.version == number)
            session.add(
                TemplateAct(template_id=session.scalars(row).one(), act=act, by="staff 2", at=clock.now())
            )

    with store.write() as session:
        assert templates.sync(session, clock.now()) > 20
    with store.write() as session:
        assert templates.sync(session, clock.now()) == 0
        session.add(
            Template(
                key="texts.confirm", language="en", version=2, body="Noted: {answers}. Text FIX to change.",
                author="staff 1", reason="shorter", created_at=clock.now(),
            )
        )  # fmt: skip
    assert in_use() == 1
    for act, number in (("sent", 1), ("sent_back", 1), ("sent", 1), ("reviewed", 2), ("retired", 1)):
        done(act)
        assert in_use() == number, act
        with store.write() as session:
            assert templates.sync(session, clock.now()) == 0


def test_what_we_ship_anew_comes_beside_a_draft_and_not_over_a_version_in_use(
    store: Store, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shipped(body: str) -> int:
        entries = {**catalogue("en"), "texts.cut_off": body}
        monkeypatch.setattr(templates, "catalogue", lambda one: entries if one == "en" else catalogue(one))
        with store.write() as session:
            return templates.sync(session, clock.now())

    catalogue = templates.catalogue
    with store.write() as session:
        templates.sync(session, clock.now())
        draft = Template(
            key="texts.cut_off", language="en", version=2, body="Again, please.", author="staff 1",
            reason="", created_at=clock.now(),
        )  # fmt: skip
        session.add(draft)
        session.flush()
        number = draft.id
    assert (shipped("A part got lost."), shipped("A part got lost.")) == (1, 0)
    with store.write() as session:
        assert templates.text(session, "cut_off", "en", {}).version == 3
        newest = select(Template.id).where(Template.key == "texts.cut_off", Template.version == 3)
        gone = session.scalars(newest.where(Template.language == "en")).one()
        session.add(TemplateAct(template_id=gone, act="retired", by="staff 2", at=clock.now()))
        session.add(TemplateAct(template_id=number, act="reviewed", by="staff 2", at=clock.now()))
    assert (shipped("A part got lost."), shipped("A piece got lost.")) == (0, 0)
    with store.read() as session:
        assert templates.text(session, "cut_off", "en", {}).body == "Again, please."


def test_a_version_in_use_with_a_hole_is_told_of_at_the_start(store: Store, clock: VirtualClock) -> None:
    with store.write() as session:
        templates.sync(session, clock.now())
        row = Template(
            key="texts.cut_off", language="es", version=2, body="Otra vez, {nombre}.", author="staff 1",
            reason="", created_at=clock.now(),
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add(TemplateAct(template_id=row.id, act="kept", by="staff 2", at=clock.now()))
    with store.write() as session:
        templates.sync(session, clock.now())
    with store.read() as session:
        (alert,) = session.scalars(select(Alert).where(Alert.kind == templates.HOLE)).all()
        assert templates.text(session, "cut_off", "es", {}).version == 1
    assert (alert.subject, alert.detail) == ("texts.cut_off es", {"version": 2, "problem": "nombre"})


def test_days_are_written_so_that_nobody_reads_another() -> None:
    assert templates.short_day(date(2026, 9, 1), "en") == "Tue 9/1"
    assert templates.short_day(date(2026, 9, 1), "es") == "mar 1 sep"
    assert templates.when(date(2026, 9, 1), date(2026, 9, 1), "en") == "today (Tue 9/1)"
    assert templates.when(date(2026, 9, 1), date(2026, 9, 2), "es") == "el mar 1 sep"


def test_a_value_with_a_stop_of_its_own_gets_no_second_one() -> None:
    assert (
        templates.fill("Desde {at}. Bien.", {"at": "las 4:10\u00a0p.m."}, "")
        == "Desde las 4:10\u00a0p.m. Bien."
    )
    assert templates.fill("At {at}.", {"at": "4:10 PM"}, "") == "At 4:10 PM."
