"""Letters that answer ours: what was written themselves, what they say of a step, and who wants no more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.replies.mailed import mark_of, stops
from assistant.replies.quoted import MACHINE_SUBJECT, written

OURS = "Hello Ana,\n\nDid it happen? Reply yes or no. I refused. Stop these e-mails: https://x.example/u/1\n"
MARKED = "".join(f"> {line}\n" for line in OURS.split("\n"))

ATTRIBUTIONS = [  # ten languages and more, as their mail programs write them
    "On Tue, Sep 1, 2026 at 4:00 PM Every Session <answers+r.1.2@iep.example.org> wrote:",
    "On Tue, Sep 1, 2026 at 4:00 PM Every Session <\nanswers+r.0123456789abcdef.abcdefgh@iep.example.org> wrote:",
    "El mar, 1 sept 2026 a las 16:00, Every Session (<answers@iep.example.org>) escribió:",
    "Em ter., 1 de set. de 2026 às 16:00, Every Session <answers@iep.example.org> escreveu:",
    "Le mar. 1 sept. 2026 à 16:00, Every Session <answers@iep.example.org> a écrit :",
    "Am Di., 1. Sept. 2026 um 16:00 Uhr schrieb Every Session <answers@iep.example.org>:",
    "Il giorno mar 1 set 2026 alle ore 16:00 Every Session <answers@iep.example.org> ha scritto:",
    "Op di 1 sep 2026 om 16:00 schreef Every Session <answers@iep.example.org>:",
    "вт, 1 сент. 2026 г. в 16:00, Every Session <answers@iep.example.org>:\n",
    "1 сент. 2026 г., в 16:00, Every Session <answers@iep.example.org> написал(а):",
    "Vào 16:00, Th 3, 1 thg 9, 2026 Every Session <answers@iep.example.org> đã viết:",
    "Every Session <answers@iep.example.org> 于2026年9月1日周二 16:00写道：",
    "2026년 9월 1일 (화) 오후 4:00, Every Session <answers@iep.example.org>님이 작성:",
    "2026年9月1日(火) 16:00 Every Session <answers@iep.example.org>のメール:",
    "في الثلاثاء، ١ سبتمبر 2026 16:00 Every Session <answers@iep.example.org> كتب:",
]
OUTLOOK = [
    ("From: Every Session", "Sent: Tuesday, September 1, 2026", "To: Ana", "Subject: Leo"),
    ("De: Every Session", "Enviado el: martes, 1 de septiembre de 2026", "Para: Ana", "Asunto: Leo"),
    ("De : Every Session", "Envoyé : mardi 1 septembre 2026", "À : Ana", "Objet : Leo"),
    ("Von: Every Session", "Gesendet: Dienstag, 1. September 2026", "An: Ana", "Betreff: Leo"),
    ("Da: Every Session", "Inviato: martedì 1 settembre 2026", "A: Ana", "Oggetto: Leo"),
    ("发件人: Every Session", "发送时间: 2026年9月1日", "收件人: Ana", "主题: Leo"),
    ("보낸 사람: Every Session", "보낸 날짜: 2026년 9월 1일", "받는 사람: Ana", "제목: Leo"),
    ("От: Every Session", "Отправлено: 1 сентября 2026 г.", "Кому: Ana", "Тема: Leo"),
    ("Từ: Every Session", "Đã gửi: 1 tháng 9", "Tới: Ana", "Chủ đề: Leo"),
    ("من: Every Session", "أرسل: 1 سبتمبر", "إلى: Ana", "الموضوع: Leo"),
]


@pytest.mark.parametrize("line", ATTRIBUTIONS, ids=lambda line: line[:12])
def test_what_mail_programs_quote_is_left_out(line: str) -> None:
    assert written(f"I sent it yesterday.\n\n{line}\n\n{MARKED}") == "I sent it yesterday."
    assert written(f"{line}\n{MARKED}\nI sent it yesterday.\n").endswith("I sent it yesterday.")


# A date and an address alone, without a word for "wrote", are no sign that all below is quoted.
@pytest.mark.parametrize("line", [one for one in ATTRIBUTIONS if "\n" not in one], ids=lambda line: line[:12])
def test_a_quotation_without_marks_goes_to_the_end(line: str) -> None:
    assert written(f"Sí.\n\n{line}\n\n{OURS}") == "Sí."


@pytest.mark.parametrize("head", OUTLOOK, ids=lambda head: head[0][:6])
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----Original Message-----\n"])
def test_outlooks_head_ends_it(head: tuple[str, ...], rule: str) -> None:
    block = "\n".join(head)
    assert written(f"not now\n\n{rule}{block}\n\n{OURS}") == "not now"


@pytest.mark.parametrize(
    "foot",
    [
        "Sent from my iPhone",
        "Enviado desde mi iPhone",
        "-- \nAna Rivera\n555 0101",
        "Get Outlook for iOS",
        "发自我的iPhone",
    ],
)
def test_a_signature_is_left_out(foot: str) -> None:
    assert written(f"They answered.\n\n{foot}\n") == "They answered."


def test_politeness_says_nothing() -> None:
    assert written("Hi there,\n\nsent it today\n\nThanks so much!\nAna\n") == "sent it today"
    assert written("Hola:\n\nya la mandé\n\nMuchas gracias\nAna Rivera") == "ya la mandé"
    assert written("Thanks!") == "Thanks!"
    assert written("Hello") == "Hello"
    story = "Hi,\n\nThe therapist came.\n\nThanks\n\nBut she left after ten minutes, and nobody told us.\nWhy?\nWho?"
    assert "ten minutes" in written(story)


def test_a_letter_that_only_quotes_says_nothing() -> None:
    assert written(MARKED) == ""


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("done", "done"),
        ("Done!", "done"),
        ("I sent it", "done"),
        ("Sent it to the school today. They will look at it next week.", "done"),
        ("I e-mailed the letter", "done"),
        ("listo", "done"),
        ("Ya la mandé", "done"),
        ("hecho", "done"),
        ("not now", "not_now"),
        ("Not right now, thanks", "not_now"),
        ("ahora no", "not_now"),
        ("todavía no", "not_now"),
        ("they answered", "answered"),
        ("The school called me back today", "answered"),
        ("ya me contestaron", "answered"),
        ("la escuela respondió", "answered"),
        ("they said no", "refused"),
        ("dijeron que no", "refused"),
        ("it is fixed", "resolved"),
        ("It's fixed now", "resolved"),
        ("they fixed it", "resolved"),
        ("ya lo arreglaron", "resolved"),
        ("sent speech", "done"),
        ("Enviada para speech", "done"),
    ],
)
def test_what_was_done_with_a_step(text: str, act: str) -> None:
    found = mark_of(text, ["speech", "OT"])
    assert found is not None
    assert found.act == act
    assert found.service == ("speech" if "speech" in text else "")


@pytest.mark.parametrize(
    "text",
    [
        "Can you tell me what this letter is for?",
        "I sent it. They answered.",  # two things: a person looks
        "I have not sent it and I am not sure that I should, because last year they answered badly.",
        "What if they refused?",
        "done " * 80,
        "",
        "¿Qué pasa si no contestan?",
    ],
)
def test_anything_else_is_for_a_person(text: str) -> None:
    assert mark_of(text, ["speech"]) is None


@pytest.mark.parametrize(
    "text",
    [
        "stop e-mails",
        "Stop these emails please",
        "unsubscribe",
        "UNSUBSCRIBE",
        "Please stop",
        "STOP",
        "no more e-mails",
        "I don't want these emails anymore",
        "please do not send me any more e-mails",
        "take me off this list",
        "no más correos",
        "No más correos por favor",
        "ya no quiero recibir correos",
        "no me manden más correos",
        "dejen de mandarme correos",
        "darme de baja",
        "I am tired of this. Stop sending me these e-mails.",
        "cancel",
        "basta",
    ],
)
def test_who_wants_no_more_is_heard(text: str) -> None:
    assert stops(text) == {"email"}


@pytest.mark.parametrize(
    ("text", "channels"),
    [
        ("stop texting me", {"sms"}),
        ("no more texts", {"sms"}),
        ("stop all e-mails and texts", {"email", "sms"}),
        ("leave me alone", {"email", "sms"}),
        ("stop contacting me", {"email", "sms"}),
        ("no más mensajes de texto", {"sms"}),
    ],
)
def test_of_which_channel(text: str, channels: set[str]) -> None:
    assert stops(text) == channels


@pytest.mark.parametrize(
    "text",
    [
        "They stopped the sessions in May.",
        "The bus stop is far",
        "session was cancelled",
        "They said the therapy will stop next week and nobody told me, so what should I do with the letter now?",
        "I sent the e-mail",
        "Ya no tiene terapeuta desde mayo",
        "no more speech this week",
        "No, he did not have it. They told me that he will not get any more sessions until they find somebody.",
        "",
    ],
)
def test_a_story_is_no_opt_out(text: str) -> None:
    assert stops(text) == frozenset()


def test_an_empty_letter_with_the_word_as_its_subject() -> None:
    assert stops("", "unsubscribe") == {"email"}
    assert stops("Can I ask something?", "unsubscribe") == frozenset()


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Leo",
        "Out of office",
        "Respuesta automática: Leo",
        "Réponse automatique : Leo",
        "Automatische Antwort: Leo",
        "Risposta automatica",
        "Resposta automática",
        "Автоматический ответ: Leo",
        "自动回复: Leo",
        "자동회신: Leo",
        "Trả lời tự động: Leo",
        "رد تلقائي: Leo",
    ],
)
def test_machines_in_many_languages(subject: str) -> None:
    assert MACHINE_SUBJECT.match(subject)
    assert not MACHINE_SUBJECT.match(f"Re: Leo: {subject[-3:]}")


@given(st.text(max_size=600))
def test_anything_can_be_looked_at(text: str) -> None:
    kept = written(text)
    assert not any(line.lstrip().startswith(">") for line in kept.split("\n"))
    mark_of(kept, ["speech"])
    stops(kept)
