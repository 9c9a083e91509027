"""Nothing that people read is a raw key: audit events, consents and measures have words, whoever adds one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import assistant
from assistant.conversation.marks import ACTS
from assistant.web.speech import speech
from messages.templates import catalogue

ROOT = Path(assistant.__file__).parent.parent
KNOWN = speech("en").entries
# Kinds that are put together where they are kept, by how the code writes them.
MADE = {
    "f'step_{do}'": [f"step_{one}" for one in ACTS],
    "f'guide_{state}'": ["guide_reviewed", "guide_withdrawn"],
    "f'follow_up_{kind}'": [f"follow_up_{one}" for one in ("call", "done", "mailed", "seen", "told")],
    "f'{channel}_opt_out'": ["sms_opt_out", "email_opt_out"],
    "f\"send_{('halt' if receipt.state == 'halt' else 'failed')}\"": ["send_halt", "send_failed"],
    "'sent_again' if made else 'not_sent_again'": ["sent_again", "not_sent_again"],
    "f'template_{kinds[act]}'": [
        f"template_{one}" for one in ("to_review", "sent_back", "reviewed", "retired")
    ],
    "'phrase_undone' if was_live else 'phrase_refused'": ["phrase_undone", "phrase_refused"],
    "DEAD": ["number_dead"],
    "kind": [],  # handed on: the callers name it, and are among the calls below
}
# Functions that keep an event, and which of their arguments is its kind.
KEEPERS = {"audited": 3, "wordings._audit": 2, "phrases._audit": 2, "preferences._noted": 3, "lines._told": 3}


def calls() -> Iterator[tuple[str, ast.Call]]:
    for folder in ("assistant", "messages", "jobs"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            text = file.read_text(encoding="utf-8")
            if "audited(" in text or "AuditEvent" in text or "opt_" in text:
                for node in ast.walk(ast.parse(text)):
                    if isinstance(node, ast.Call):
                        name = node.func
                        said = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")
                        local = f"{file.stem}.{said}"
                        yield (local if local in KEEPERS else said), node


def kinds() -> set[str]:
    found: set[str] = set()
    for name, call in calls():
        kind: ast.expr | None = None
        if name == "AuditEvent":
            kind = next((one.value for one in call.keywords if one.arg == "kind"), None)
        elif name in KEEPERS and len(call.args) > KEEPERS[name]:
            kind = call.args[KEEPERS[name]]
        if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
            found.add(kind.value)
        elif kind is not None:
            found.update(MADE[ast.unparse(kind)])  # KeyError: say above which kinds these are
    return found | {"asked", "message_dropped", "consents_read", "family_read"}  # kept as plain rows


def test_every_kind_of_event_has_words() -> None:
    found = kinds()
    assert len(found) > 80
    assert sorted(one for one in found if f"audit.did_{one}" not in KNOWN) == []
    said = {key.removeprefix("audit.did_") for key in KNOWN if key.startswith("audit.did_")}
    assert sorted(said - found) == []


def test_every_detail_of_an_event_has_words() -> None:
    found = {
        one.arg
        for name, call in calls()
        if name in KEEPERS
        for one in call.keywords
        if one.arg not in (None, "session", "now", "by")
    }
    assert len(found) > 30
    assert sorted(one for one in found if f"audit.more_{one}" not in KNOWN) == []


def test_every_way_of_consent_has_words() -> None:
    found = {"web form", "scenario", "carrier", "erasure", "link"}
    for name, call in calls():
        if name in ("opt_in", "opt_out") and len(call.args) > 3 and isinstance(call.args[3], ast.Constant):
            found.add(str(call.args[3].value))
    assert {"text", "e-mail"} < found
    assert (
        sorted(one for one in found if f"consents.how_{one.replace(' ', '_').replace('-', '_')}" not in KNOWN)
        == []
    )


def test_every_text_has_words_for_measures_and_reviews() -> None:
    texts = [key for key in catalogue("en") if key.startswith("texts.")]
    assert texts
    assert [key for key in texts if f"wording_for.{key.replace('.', '_')}" not in KNOWN] == []
