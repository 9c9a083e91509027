"""Events as a person reads them: a day a heading, texts with an arrow, the log, the steps, the ledger."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from assistant.evidence.ledger import BROAD_LEAVES_OUT, STRICT_LEAVES_OUT, TERMS
from assistant.simulation.events import Event

WIDTH = 100
_SHORT_HEADS = (
    ("strict", 14),
    ("by the log", 14),
    ("broad", 14),
    ("made up", 8),
    ("surplus", 8),
    ("due", 6),
    ("not held", 9),
)


def transcript(events: Iterable[Event]) -> Iterator[str]:
    """The lines of a readable transcript, at most 100 characters each."""
    day: date | None = None
    ledgers: list[Event] = []
    for event in events:
        if event["type"] == "ledger":
            ledgers.append(event)
            continue
        at = datetime.fromisoformat(event["at"])
        if at.date() != day:
            day = at.date()
            yield ""
            yield f"{at:%A} {at.day} {at:%B %Y}"
        yield from _lines(event, at)
    costs = [(one["family"], cost) for one in ledgers for cost in one.get("texts", ())]
    if costs:
        yield ""
        yield "Texts, month by month (texts / SMS segments)"
        yield f"  {'':<28}{'asked':>10}{'all sent':>12}{'one text a session':>22}"
        for family, cost in costs:
            cells = [
                f"{cost[key]['texts']} / {cost[key]['segments']}"
                for key in ("asking", "sms_out", "one_text_a_session")
            ]
            name = f"{family}: {cost['month']}"
            yield f"  {name:<28}{cells[0]:>10}{cells[1]:>12}{cells[2]:>22}"
    if ledgers:
        yield ""
        yield "Minutes, service by service"
        yield f"  {'':<28}" + "".join(f"{term[:6]:>7}" for term in TERMS)
        for one in ledgers:
            name = f"{one['family']}: {one['service']}"[:28]
            yield f"  {name:<28}" + "".join(f"{one['minutes'][term]:>7}" for term in TERMS)
        yield ""
        yield "Short on the school's side, after make-ups (minutes, % of all, % without family and closure)"
        yield f"  {'':<25}" + "".join(f"{head:>{wide}}" for head, wide in _SHORT_HEADS)
        for one in ledgers:
            yield _short(one)
        yield from textwrap.wrap(f"  strict: {STRICT_LEAVES_OUT}", WIDTH, subsequent_indent="    ")
        yield from textwrap.wrap(f"  broad: {BROAD_LEAVES_OUT}", WIDTH, subsequent_indent="    ")


def _short(one: Event) -> str:
    """The three ways to count what is short, side by side."""
    by_the_log = {
        "minutes": one["minutes"]["school"] - one["minutes"]["made_up"],
        "of_all_percent": one["percent_of_all"],
        "of_attended_percent": one["percent_of_attended"],
    }
    short = [
        f"{count['minutes']} ({count['of_all_percent']}, {count['of_attended_percent']})"
        for count in (one["strict"], by_the_log, one["broad"])
    ]
    name = f"{one['family']}: {one['service']}"[:28]
    cells = [*short, one["minutes"]["made_up"], one["minutes"]["surplus"], one["sessions"], one["not_held"]]
    return f"  {name[:25]:<25}" + "".join(
        f"{cell:>{wide}}" for cell, (_, wide) in zip(cells, _SHORT_HEADS, strict=True)
    )


def _lines(event: Event, at: datetime) -> Iterator[str]:
    head = f"  {at:%H:%M}  {event['family'] or '':<8} "
    rest = " " * len(head)
    text = _text(event)
    wrapped = textwrap.wrap(
        text, WIDTH, initial_indent=head, subsequent_indent=rest + "   ", break_on_hyphens=False
    )
    yield from wrapped or [head.rstrip()]


def _text(event: Event) -> str:
    kind = event["type"]
    if kind == "sms_out":
        cost = "" if event["segments"] == 1 else f"  [{event['segments']} segments]"
        return f"-> {event['body']}{cost}"
    if kind == "sms_in":
        return f"<- {event['body']}"
    if kind == "log":
        return f"   log {event['entry']}: {_logged(event)}"
    if kind == "step":
        values = ", ".join(
            f"{key} {value}" for key, value in event["why"].items() if key not in ("rule", "entries")
        )
        return f"** step {event['step']} for {event['service']} ({event['why']['rule']}: {values})"
    if kind == "email_out":
        files = "".join(f" + {one['name']} ({one['bytes']} bytes)" for one in event["attachments"])
        return f"=> e-mail: {event['subject']}{files}"
    if kind == "clock":
        until = "" if event["due"] == event["latest"] else f" to {event['latest']}"
        return f"   clock {event['name']} ({event['kind']}): {event['due']}{until}"
    return f"   ({event.get('text', '')})"


def _logged(event: Event) -> str:
    when = event.get("date") or f"{event['period']['from']} to {event['period']['to']}"
    if "make_up" in event:
        about = event["make_up"]
        day = f" for {about['day']}" if about["day"] else ""
        return f"{event['service']} {when}: make-up {about['act']}{day}, {about['minutes']} min"
    parts = [f"{event['service']} {when}: {event['outcome']}"]
    if "sessions" in event:
        parts.append(f"{event['sessions']} times" + (" so far" if event.get("kind") == "progress" else ""))
    if event["minutes"] is not None:
        parts.append(f"{event['minutes']} min")
    if event["cause"]:
        parts.append(event["cause"])
    if event.get("kind") == "second":
        parts.append("beside the first answer, which counts")
    if event["supersedes"]:
        parts.append(f"corrects {event['supersedes']}")
    return ", ".join(parts)
