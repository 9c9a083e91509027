"""Words that are no answer: stopping in plain words, pauses, links, danger; and what only looks like them."""

from __future__ import annotations

import pytest

from assistant.replies.alarm import alarm_in
from assistant.replies.normalise import fold
from assistant.replies.special import (
    another_child,
    asks_who,
    joins,
    link_asked,
    not_an_answer,
    number_is_not_theirs,
)
from assistant.words import Intent


def intent(text: str) -> Intent | None:
    found = not_an_answer(text, fold(text), True)
    return found[0] if found else None


STOPS = """stop|STOP|Stop.|stop please|please stop|STOP IT|cancel|end|quit|unsubscribe|unsubscribe me|revoke|optout|opt out|
opt me out|i want to opt out|stop texting me|please stop texting me|stop messaging me|stop sending me these|stop these texts|
stop all texts|don't text me|dont text me anymore|do not text me again|do not contact me|quit texting me|no more texts|
no more messages please|take me off your list|take me off this|remove me from the list|remove me|leave me alone|
delete my number|lose my number|i no longer want these texts|i don't want these messages|i don't want any more texts|alto|parar|
pare|basta|ya basta|cancelar|detener|no me escriban|no me escriba mas|no me manden mensajes|no me mande mas textos|
no me molesten|no me contacten|dejen de mandar mensajes|deje de escribirme|quitenme de la lista|quiteme de su lista|
saquenme de la lista|saqueme de esto|borrenme|borreme de la lista|ya no quiero mensajes|ya no me manden nada|
no quiero mas mensajes|no quiero recibir mensajes|darme de baja|deme de baja por favor|no mas mensajes|no mas"""
NOT_STOPS = """they stopped early|the bus stop was late|she stopped by|he stopped going to speech|they stopped speech|
no more speech this year|end of day|at the end of the day yes|it was cancelled|cancelled|the session got canceled|
they cancelled it|la cancelaron|cancelaron la terapia|quit early|the therapist quit|they ended early|
no mas 15 minutos|basta con eso si fue|no me dijeron|no me avisaron|can you stop by at 5|she wouldn't stop crying|
he can't stop smiling|yes|no|si|1|2|3"""


@pytest.mark.parametrize("text", [one.strip() for one in STOPS.split("|")])
def test_whoever_wants_no_more_texts_is_understood(text: str) -> None:
    assert intent(text) is Intent.OPT_OUT


@pytest.mark.parametrize("text", [one.strip() for one in NOT_STOPS.split("|")])
def test_what_only_looks_like_it_is_not(text: str) -> None:
    assert intent(text) is not Intent.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "pause",
        "pausa hasta el lunes",
        "don't text me until november please",
        "can we hold off on these til next week",
        "taking a break from this for a bit",
        "stop texting me for a few weeks",
        "no me manden mensajes por dos semanas",
        "no me escriban hasta septiembre",
    ],
)
def test_a_stop_with_an_end_is_a_pause(text: str) -> None:
    assert intent(text) is Intent.PAUSE


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("we're back, you can start asking again", Intent.RESUME),
        ("ya pueden volver a preguntar", Intent.RESUME),
        ("sign me back up please", Intent.OPT_IN),
        ("how does this work", Intent.HELP),
        ("que tengo que hacer", Intent.HELP),
        ("how many has she missed so far", Intent.STATUS),
        ("cuantas sesiones van", Intent.STATUS),
        ("my last answer was wrong", Intent.FIX),
        ("me equivoque", Intent.FIX),
        ("puedo cambiar mi respuesta", Intent.FIX),
        ("i need that letter for the team", Intent.LETTER),
        ("mandeme la carta", Intent.LETTER),
    ],
)
def test_commands_are_known_by_their_meaning(text: str, wanted: Intent) -> None:
    assert intent(text) is wanted


@pytest.mark.parametrize(
    "text", ["link", "LINK please", "send me the link", "mi pagina", "el enlace por favor", "login"]
)
def test_the_link_is_asked_for_in_many_words(text: str) -> None:
    assert link_asked(text)


@pytest.mark.parametrize("text", ["the link did not work", "zoom link failed", "no link", "yes", ""])
def test_a_text_about_a_link_is_no_wish_for_one(text: str) -> None:
    assert not link_asked(text)


def test_who_and_wrong_number() -> None:
    assert asks_who("who is this?")
    assert asks_who("quién es")
    assert not asks_who("who did speech today? no one")
    for text in ("wrong number", "You have the wrong number", "número equivocado", "i don't have a kid"):
        assert number_is_not_theirs(text)
    for text in ("wrong answer, sorry", "that was wrong", "no conozco a la terapeuta", "don't know her name"):
        assert not number_is_not_theirs(text)


def test_joining_and_another_child() -> None:
    assert (joins("JOIN"), joins("Unirse."), joins("join us for pizza")) == ("en", "es", None)
    assert another_child("add child")
    assert another_child("Otro hijo")
    assert not another_child("another child hit him")


@pytest.mark.parametrize(
    "text",
    [
        "the aide locked her in a room",
        "he came home with bruises",
        "they restrained him again",
        "she talks about suicide",
        "la maestra lo golpeó",
        "no, he is scared to go",
    ],
)
def test_danger_is_seen(text: str) -> None:
    assert alarm_in(text)


@pytest.mark.parametrize("text", ["yes", "no, therapist out", "she hit a home run", "si tuvo", "he loved it"])
def test_what_is_no_danger_is_not(text: str) -> None:
    assert alarm_in(text) is None
