"""The reader: plain answers in both languages, several sessions, traps, commands; doubt is never logged."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.replies.interpret import interpret
from assistant.replies.jsonl import incoming_from_json, meaning_to_json
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem
from assistant.words import Intent, Language

TUESDAY = datetime(2026, 9, 1, 15, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
SPEECH = OpenItem("1", "Speech-language therapy", ("speech",), date(2026, 9, 1), time(14), 30)
OT = OpenItem("2", "Occupational therapy", ("OT",), date(2026, 9, 1), time(10), 30)
SERVICES = (
    KnownService("Speech-language therapy", ("speech",)),
    KnownService("Occupational therapy", ("OT",)),
)


def read(text: str, *items: OpenItem, lang: Language = "en") -> Meaning:
    return interpret(Incoming(text, lang, TUESDAY, items or (SPEECH,), SERVICES, "Leo"))


def outcome(text: str, *items: OpenItem, lang: Language = "en") -> str:
    """Outcomes in the order of the items, or the intent where nothing is to be logged."""
    meaning = read(text, *items, lang=lang)
    found = {answer.id: answer.outcome.value for answer in meaning.answers}
    return " ".join(found[key] for key in sorted(k for k in found if k)) or meaning.intent.value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "held"), ("2", "missed"), ("3", "unknown"), ("?", "unknown"), ("Yes!!", "held"), ("yup", "held"),
        ("yes she did", "held"), ("it happened", "held"), ("YES, thank you", "held"), ("👍🏽", "held"), ("✅", "held"),
        ("Nope.", "missed"), ("no", "missed"), ("it was cancelled", "missed"), ("they skipped it", "missed"),
        ("didn’t happen", "missed"), ("absolutely not", "missed"), ("❌", "missed"), ("idk", "unknown"),
        ("not sure", "unknown"), ("how would I know", "unknown"), ("no idea, sorry", "unknown"),
        ("no problem, she had it", "held"), ("no school today", "no_school"), ("snow day", "no_school"),
        ("school was closed", "no_school"), ("not yet", "unclear"), ("i think so", "unclear"), ("ok", "unclear"),
        ("thanks", "unclear"), ("can't say no", "unclear"), ("no she had it", "unclear"),
        ("they will make it up tomorrow", "unclear"), ("she was sick", "unclear"), ("he didn't miss it", "held"),
    ],
)  # fmt: skip
def test_english(text: str, said: str) -> None:
    assert outcome(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sí", "held"), ("si", "held"), ("Sí, gracias", "held"), ("claro", "held"), ("sí hubo", "held"), ("1", "held"),
        ("no", "missed"), ("no hubo", "missed"), ("no vino la terapeuta", "missed"), ("la cancelaron", "missed"),
        ("no se presentó", "missed"), ("no sé", "unknown"), ("no se", "unknown"), ("ni idea", "unknown"),
        ("no hubo clases", "no_school"), ("creo que no", "unclear"), ("todavía no", "unclear"), ("vale", "unclear"),
    ],
)  # fmt: skip
def test_spanish(text: str, said: str) -> None:
    assert outcome(text, lang="es") == said


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("no, the therapist was out", "provider_absent"), ("la terapeuta no vino", "provider_absent"),
        ("no hay terapeuta", "no_provider"), ("they have no speech teacher", "no_provider"),
        ("she got pulled for a meeting", "staff_pulled"), ("field trip so no speech", "school_event"),
        ("hubo una asamblea, no", "school_event"), ("state testing today, no", "testing"), ("he stayed home", "child_absent"),
        ("estaba enfermo", "child_absent"), ("he refused to go", "child_refused"), ("no quiso", "child_refused"),
        ("no, they sent him home", "sent_home"), ("no, minimum day", "minimum_day"), ("no", None),
    ],
)  # fmt: skip
def test_causes(text: str, cause: str | None) -> None:
    (answer,) = read(text).answers
    assert (answer.outcome.value, answer.cause and answer.cause.value) == ("missed", cause)


@pytest.mark.parametrize(
    ("text", "said", "minutes"),
    [
        ("only 15 min", "partial", 15), ("sí pero solo 10 minutos", "partial", 10), ("half", "partial", 15),
        ("yes 30 minutes", "held", None), ("he was 10 min late", "partial", 20), ("they left early", "partial", None),
    ],
)  # fmt: skip
def test_minutes(text: str, said: str, minutes: int | None) -> None:
    (answer,) = read(text).answers
    assert (answer.outcome.value, answer.minutes) == (said, minutes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "unclear"), ("2", "unclear"), ("yes both", "held held"), ("no to both", "missed missed"), ("both", "held held"), ("neither", "missed missed"), ("ninguna", "missed missed"),
        ("A1 B2", "held missed"), ("a2, b1", "missed held"), ("1 yes 2 no", "held missed"), ("y n", "held missed"),
        ("yes to speech no to OT", "held missed"), ("OT happened, speech didn't", "missed held"),
        ("only speech", "held missed"), ("all except OT", "held missed"), ("speech ✅ OT ❌", "held missed"),
        ("speech: no, la terapeuta no vino. OT: sí", "missed held"), ("sí a habla, no a ocupacional", "held missed"),
        ("speech y ot no", "missed missed"), ("speech and OT yes", "held held"), ("speech n ot yes", "unclear"),
        ("A1 B2 🙏", "held missed"), ("both please", "held held"), ("ok 2", "unclear"),
        ("speech no", "missed"), ("1 2 3", "unclear"), ("solo una no sé cuál", "unclear"), ("speech yes, PT no", "unclear"),
    ],
)  # fmt: skip
def test_several_sessions_in_one_text(text: str, said: str) -> None:
    found = outcome(text, SPEECH, OT)
    assert found == said or (said == "unclear" and found not in ("held held", "missed missed", "held missed"))


@pytest.mark.parametrize(
    ("text", "service", "day", "said"),
    [
        ("no ot yesterday", "Occupational therapy", "2026-08-31", "missed"),
        ("ayer no hubo OT", "Occupational therapy", "2026-08-31", "missed"),
        ("speech on thursday did not happen", "Speech-language therapy", "2026-08-27", "missed"),
        ("8/25 yes speech", "Speech-language therapy", "2026-08-25", "held"),
    ],
)
def test_reports_of_another_day(text: str, service: str, day: str, said: str) -> None:
    meaning = read(text)
    (answer,) = meaning.answers
    assert meaning.intent is Intent.REPORT
    assert (answer.id, answer.service, answer.date and answer.date.isoformat(), answer.outcome) == (
        None, service, day, said,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("STOP", "opt_out"), ("Stop.", "opt_out"), ("CANCEL", "opt_out"), ("end", "opt_out"), ("please stop texting me", "opt_out"),
        ("take me off this list", "opt_out"), ("no me escriban más", "opt_out"), ("quítame de la lista", "opt_out"),
        ("unsubscribe", "opt_out"), ("START", "opt_in"), ("join", "opt_in"), ("HELP", "help"), ("ayuda", "help"),
        ("can I talk to a real person", "help"), ("STATUS", "status"), ("estado", "status"), ("PAUSE", "pause"),
        ("resume", "resume"), ("letter", "letter"), ("carta", "letter"), ("FIX", "fix"), ("corregir", "fix"),
        ("Liked “Leo: did speech happen today? Text 1 yes, 2 no”", "reaction"), ("Le gusta “¿hubo speech hoy?”", "reaction"),
        ("\u200a\u200b👍\u200b to “Leo: did speech happen? 1 yes 2 no”\u200a", "reaction"),
        ("I’m driving with Do Not Disturb While Driving turned on.", "auto_reply"), ("wrong number", "unrelated"),
        ("número equivocado", "unrelated"),
    ],
)  # fmt: skip
def test_what_is_no_answer(text: str, intent: str) -> None:
    meaning = read(text)
    assert meaning.intent.value == intent
    assert meaning.intent is Intent.FIX or not meaning.answers


@pytest.mark.parametrize(
    "text",
    [
        "it was cancelled",
        "they stopped early",
        "end of day he had it",
        "they canceled",
        "stop by at 5?",
        "cancelled",
    ],
)
def test_look_alikes_are_no_opt_outs(text: str) -> None:
    assert read(text).intent is not Intent.OPT_OUT


def test_a_fix_can_say_what_is_right() -> None:
    (answer,) = read("sorry I meant no").answers
    assert (answer.id, answer.outcome) == (None, "missed")
    assert read("FIX").answers == ()
    assert read("fix 1").answers[0].outcome == "held"


def test_yes_is_an_answer_while_something_is_open_and_an_opt_in_otherwise() -> None:
    assert outcome("YES") == "held"
    assert interpret(Incoming("YES", "en", TUESDAY, (), SERVICES)).intent is Intent.OPT_IN


@given(st.text(max_size=300), st.sampled_from(["en", "es"]), st.integers(0, 2))
def test_any_text_gives_a_result_and_the_same_again(text: str, lang: Language, count: int) -> None:
    incoming = Incoming(text, lang, TUESDAY, (SPEECH, OT)[:count], SERVICES, "Leo")
    meaning = interpret(incoming)
    assert meaning == interpret(incoming)
    assert not (meaning.ask_back and meaning.answers)
    assert set(meaning_to_json(meaning)) == {"intent", "answers", "ask_back", "confidence"}


@given(
    st.sampled_from(
        ["yes", "no", "1", "2", "yep she did", "no, she was out", "sí", "no hubo", "idk", "only 15 min"]
    ),
    st.sampled_from(["{} please", "{}!", "{}...", "{} ❤️", "Leo {}", " {} ", "{}, thanks", "{} 🙏"]),
    st.booleans(),
)
def test_politeness_names_case_and_marks_never_flip_an_outcome(text: str, frame: str, upper: bool) -> None:
    plain = read(text).answers[0].outcome
    dressed = frame.format(text.upper() if upper else text)
    found = read(dressed)
    assert not found.answers or found.answers[0].outcome == plain


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "text"),
        ({"text": "x", "lang": "fr", "received": "2026-09-01T10:00:00Z"}, "lang"),
        ({"text": "x", "received": "2026-09-01"}, "received"),
        ({"text": "x", "received": "2026-09-01T10:00:00+00:00", "open": [{}]}, "open[0].id"),
        ({"text": "x", "received": "2026-09-01T10:00:00+00:00", "open": 3}, "open"),
    ],
)
def test_bad_lines_are_named(data: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        incoming_from_json(data)
    assert said in str(caught.value)
