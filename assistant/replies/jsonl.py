"""Replies as JSON objects, in and out (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from assistant.replies.taught import phrase_of
from assistant.replies.types import Incoming, KnownService, Meaning, OpenItem, Taught
from assistant.words import LANGUAGES, Asks, Language, Outcome


def incoming_from_json(data: Mapping[str, Any]) -> Incoming:
    """One input line. Raises ValueError naming the key and what was expected."""
    text, lang = data.get("text"), data.get("lang", "en")
    if not isinstance(text, str):
        raise ValueError('"text": expected a text')
    if lang not in LANGUAGES:
        raise ValueError(f'"lang": expected one of {", ".join(LANGUAGES)}')
    return Incoming(
        text=text,
        lang=lang,
        received=_moment(data.get("received")),
        open=tuple(_item(one, n) for n, one in enumerate(_list(data, "open"))),
        services=tuple(
            KnownService(_text(one, "service", f"services[{n}]"), _aliases(one, f"services[{n}]"))
            for n, one in enumerate(_list(data, "services"))
        ),
        child=str(data.get("child") or ""),
        taught=tuple(_taught(one, n, lang) for n, one in enumerate(_list(data, "taught"))),
    )


def meaning_to_json(meaning: Meaning) -> dict[str, Any]:
    """One output line."""
    return {
        "intent": meaning.intent.value,
        "answers": [
            {
                "id": one.id,
                "service": one.service or None,
                "date": one.date.isoformat() if one.date else None,
                "outcome": one.outcome.value,
                "cause": one.cause.value if one.cause else None,
                "minutes": one.minutes,
                "sessions": one.sessions,
                "knows": one.knows.value,
                **({} if one.chances is None else {"chances": one.chances}),
            }
            for one in meaning.answers
        ],
        "ask_back": meaning.ask_back,
        "confidence": meaning.confidence,
        **({} if meaning.taught is None else {"taught": meaning.taught}),
    }


def _item(data: Any, number: int) -> OpenItem:
    where = f"open[{number}]"
    name = _text(data, "id", where)
    minutes, sessions = data.get("minutes") or 0, data.get("due_sessions") or 1
    if not isinstance(minutes, int) or not isinstance(sessions, int):
        raise ValueError(f'"{where}": expected whole numbers for minutes and due_sessions')
    try:
        day = date.fromisoformat(data["date"]) if data.get("date") else None
        at = time.fromisoformat(data["time"]) if data.get("time") else None
    except (TypeError, ValueError):
        raise ValueError(f'"{where}": expected a date like 2026-09-01 and a time like 14:00') from None
    form = "period" if data.get("form") == "period" else "slot"
    usual = Asks.COUNT if form == "period" else Asks.HAPPENED
    try:
        asks = Asks(data.get("asks", usual))
    except ValueError:
        raise ValueError(f'"{where}.asks": expected one of {", ".join(Asks)}') from None
    return OpenItem(
        id=name,
        service=_text(data, "service", where),
        aliases=_aliases(data, where),
        date=day,
        time=at,
        minutes=minutes,
        form="period" if form == "period" else "slot",
        due_sessions=sessions,
        asks=asks,
    )


def _taught(data: Any, number: int, lang: Language) -> Taught:
    where = f"taught[{number}]"
    try:
        outcome = Outcome(data.get("outcome", ""))
    except ValueError:
        raise ValueError(f'"{where}.outcome": expected one of {", ".join(Outcome)}') from None
    spoken = next((one for one in LANGUAGES if one == data.get("lang", lang)), lang)
    return Taught(number + 1, phrase_of(_text(data, "phrase", where)), spoken, outcome)


def _moment(value: Any) -> datetime:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError('"received": expected a time like 2026-09-01T15:10:00-07:00') from None
    if found.tzinfo is None:
        raise ValueError('"received": expected a time with its offset, like 2026-09-01T15:10:00-07:00')
    return found


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    found = data.get(key) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ValueError(f'"{key}": expected a list of objects')
    return found


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    found = data.get(key)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        raise ValueError(f'"{where}.{key}": expected a text')
    return found


def _aliases(data: Mapping[str, Any], where: str) -> tuple[str, ...]:
    found = data.get("aliases") or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(f'"{where}.aliases": expected a list of texts')
    return tuple(found)
