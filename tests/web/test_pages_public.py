"""The pages for everybody: what carriers ask for, in both languages, true to this installation's settings."""

from __future__ import annotations

import html

import pytest

from assistant.clock import VirtualClock
from assistant.config import Settings
from assistant.store import Store, Template
from assistant.web.speech import speech
from messages.templates import CATALOGUE
from tests.support.readability import english_grade, spanish_ease
from tests.web.pages_support import SECRET, client_of

OURS = Settings.model_validate(
    {
        "program": {"centre": "Alder Parent Center", "contact": "help@alder.example.org"},
        "server": {"secret_key": SECRET, "data_key": ["k" * 32]},
        "asking": {"max_questions_a_week": 7},
        "retention": {"words_days": 730, "pictures_days": 0, "rows_days": 100},
    }
)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Message and data rates may apply", "text STOP", "7 questions a week", "did speech happen"]),
        ("es", ["cargos por mensajes y datos", "mande STOP", "7 preguntas por semana", "habla"]),
    ],
)
def test_who_is_not_signed_in_reads_what_is_texted_kept_and_agreed(
    store: Store, clock: VirtualClock, language: str, said: list[str]
) -> None:
    client = client_of(store, clock, OURS)

    def read(path: str) -> str:
        answer = client.get(f"{path}?lang={language}")
        assert answer.status_code == 200
        assert len(answer.data) < 60_000
        return html.unescape(answer.get_data(as_text=True))

    sms, privacy, terms = read("/sms"), read("/privacy"), read("/terms")
    words = speech("es" if language == "es" else "en")
    for one in said:
        assert one in sms
    assert words.say("register.consent_texts", program="Every Session", per_week=7) in sms
    for page in (sms, privacy, terms):
        assert "Alder Parent Center" in page
        assert "help@alder.example.org" in page
        assert words.say("public.shared") in page
        assert page.count("<h1") == 1
    for name, span in (("words", "years"), ("rows", "days")):
        count = 2 if name == "words" else 100
        span = words.say(f"public.{span}", count=count)
        assert words.say(f"public.long_{name}", span=span) in privacy
    assert words.say("public.long_pictures", span=words.say("public.no_end")) in privacy
    assert words.say("public.safe_sealed") in privacy
    for path in ("/sms", "/privacy", "/terms"):
        assert f'href="{path}"' in read("/"), "every page's foot leads there"
    assert 'href="/privacy"' in read("/register").partition("</main>")[0], "beside the box for texts"


def test_the_samples_are_the_texts_in_use_and_none_has_a_hole(store: Store, clock: VirtualClock) -> None:
    client = client_of(store, clock, OURS)
    for version, body in ((90, "{child}: new words for {alias} {when}?"), (91, "{child}: {nothing_we_know}")):
        with store.write() as session:
            session.add(
                Template(
                    key="texts.question_one",
                    language="en",
                    version=version,
                    body=body,
                    author=CATALOGUE,
                    reason="a test",
                    created_at=clock.now(),
                )
            )
        page = client.get("/sms?lang=en").get_data(as_text=True)
        assert ("new words for speech" in page) is (version == 90)
        assert "{" not in page


def test_they_are_plain_to_read() -> None:
    english = " ".join(text for key, text in speech("en").entries.items() if key.startswith("public."))
    spanish = " ".join(text for key, text in speech("es").entries.items() if key.startswith("public."))
    assert english_grade(english) <= 6
    assert spanish_ease(spanish) >= 65
