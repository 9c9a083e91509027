"""Malformed posts by the thousand: to the webhooks, signed and not, and to every form that can be reached."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from dataclasses import dataclass, field

from flask.testing import FlaskClient
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.fuzz.crawl import AVOIDED, Walk, walk
from tests.fuzz.forms import Form, Pairs
from tests.fuzz.nasty import BODIES, TYPES, VALUES, mutated
from tests.fuzz.world import World
from tests.web.pages_support import SID, TOKEN

WEBHOOKS = ("/twilio/sms", "/twilio/sms/fallback", "/twilio/status", "/twilio/check", "/mail/bounce")
PUBLIC = "https://iep.example.org"
# After these there is less to try: a family is forgotten, somebody has left or is signed out everywhere.
ENDS = ("/family/erase", "/family/leave", "/admin/erase", "/admin/account/out", "/unsubscribe")
# Fields that the pages of the lived term do not show, for places that only come later.
NAMES = frozenset(
    {
        "code",
        "password",
        "again",
        "outcome",
        "cause",
        "minutes",
        "do",
        "when",
        "text",
        "rows",
        "reason",
        "whom",
    }
)


@dataclass
class Found:
    """What came of the posts. `wrong` is empty where all is well."""

    posts: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, answer: TestResponse, place: str, what: object) -> None:
        """Count an answer; one of 500 or above is wrong."""
        self.posts += 1
        self.statuses[answer.status_code] += 1
        self.places[place] += 1
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.status_code} {place} {str(what)[:400]}")


class Watch:
    """Tells whether a refused request left something behind."""

    def __init__(self, world: World, found: Found) -> None:
        self._world, self._found = world, found
        self._version, self._counts = world.version(), world.counts()

    def after(self, answer: TestResponse, place: str, what: object) -> None:
        """Look at what is stored, if anything was written."""
        self._found.note(answer, place, what)
        version = self._world.version()
        if version == self._version:
            return
        counts, self._version = self._world.counts(), version
        grown = {
            name: n - self._counts.get(name, 0) for name, n in counts.items() if n != self._counts.get(name)
        }
        if grown and answer.status_code >= 400:
            self._found.wrong.append(f"{answer.status_code} {place} stored {grown}: {str(what)[:400]}")
        self._counts = counts


def at_webhooks(world: World, draw: random.Random, posts: int, found: Found) -> None:
    """Posts to the webhooks of a world with Twilio, most of them signed."""
    watch, browser = Watch(world, found), world.app.test_client()
    bearer = {"Authorization": f"Bearer {world.settings.email.bounce_token}"}
    for number in range(posts):
        place = draw.choice(WEBHOOKS)
        form = mutated(draw, _webhook(number, place)) if draw.random() < 0.95 else _webhook(number, place)
        if draw.random() < 0.15:
            kind, body = draw.choice(TYPES), draw.choice(BODIES)
            answer = browser.post(
                place,
                environ_base=somewhere(draw),
                data=body,
                headers={"Content-Type": kind, **bearer, **_signed(draw, place, [])},
            )
            watch.after(answer, place, (kind, body))
        else:
            answer = browser.post(
                place,
                environ_base=somewhere(draw),
                data=MultiDict(form),
                headers={**bearer, **_signed(draw, place, form)},
            )
            watch.after(answer, place, form)


def at_forms(world: World, draw: random.Random, posts: int, found: Found) -> None:
    """Posts to every form that a family, staff, somebody with a link and somebody unknown can reach."""
    people = _people(world)
    watch = Watch(world, found)
    for number in range(posts):
        browser, forms = people[number % len(people)]
        gentle = [form for form in forms if not form.action.startswith(ENDS)]
        form = draw.choice(gentle if number < posts * 0.9 else forms)
        fields = mutated(draw, form.fields)
        data: MultiDict[str, object] = MultiDict(fields)
        for name in form.files:
            if draw.random() < 0.8:
                data.add(name, _file(draw))
        watch.after(browser.post(form.action, data=data, environ_base=somewhere(draw)), form.action, fields)


def somewhere(draw: random.Random) -> dict[str, str]:
    """An address of the net: who posts too much from one is only braked."""
    return {"REMOTE_ADDR": ".".join(["10", *(str(draw.randint(0, 255)) for _ in range(3))])}


def _people(world: World) -> list[tuple[FlaskClient, list[Form]]]:
    first = world.families()[0].browser
    staff, nobody = world.staff(), world.app.test_client()
    linked = [f"/{kind}/{token}" for kind, token in world.tokens().items()]
    walks = [
        (first, walk(first, "/family/", most=80)),
        (staff, walk(staff, "/admin/", "/admin/account", "/admin/erase", most=80)),
        (
            nobody,
            walk(nobody, *linked, "/", "/register", "/family/enter", "/admin/sign-in", "/sandbox/", most=60),
        ),
    ]
    return [(browser, [*_found(one), *_invented(world, one)]) for browser, one in walks]


def _found(one: Walk) -> list[Form]:
    if one.broken:
        raise AssertionError(f"pages that cannot be shown: {one.broken}")
    return list(one.forms.values())


def _invented(world: World, one: Walk) -> list[Form]:
    """A form for every place that takes one, whether a page of theirs leads there or not."""
    fields = [pair for form in one.forms.values() for pair in form.fields]
    token = [pair for pair in fields if pair[0] == "csrf_token"][:1]
    names = sorted({name for name, _ in fields if name != "csrf_token"} | NAMES)
    forms = []
    for rule in world.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and not rule.rule.startswith((*AVOIDED, "/twilio", "/mail/")):
            forms.append(
                Form(filled_in(world, rule.rule), "post", [*token, *((name, "1") for name in names)])
            )
    return forms


def filled_in(world: World, rule: str, number: int = 1) -> str:
    """An address by this rule, with a token that is good where its kind is signed."""
    token = world.tokens().get(rule.split("/")[1], "a-token")
    rule = re.sub(r"<any\(([^,)]*)[^>]*>", r"\1", rule)
    for name, value in (
        ("number|about|file|person|line|expectation|entry|place", str(number)),
        ("token|key", token),
        ("name", "speech"),
        ("form", "pdf"),
        ("month", "2026-09"),
        ("language", "en"),
        ("secret", "a-secret"),
    ):
        rule = re.sub(rf"<([a-z]+(\([^)]*\))?:)?({name})>", value, rule)
    return rule.replace("<path:filename>", "style.css")


def _file(draw: random.Random) -> tuple[io.BytesIO, str]:
    name = draw.choice(("a.csv", "a.ics", "a.pdf", "../../a", "", "a" * 300, "a.csv\x00.exe"))
    content = draw.choice(
        (
            *BODIES,
            b"date,minutes\n=1+1,-5\n" * 500,
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n",
            b"PK\x03\x04" + b"0" * 5_000,
        )
    )
    return io.BytesIO(content), name


def _webhook(number: int, place: str) -> Pairs:
    if place == "/mail/bounce":
        return [("reference", "0" * 24), ("status", "5.1.1"), ("action", "failed")]
    pairs = [("MessageSid", f"SM{number:032x}"), ("SmsSid", f"SM{number:032x}"), ("AccountSid", SID)]
    if place == "/twilio/status":
        return [*pairs, ("MessageStatus", "delivered"), ("ErrorCode", ""), ("To", "+14155550101")]
    return [
        *pairs, ("From", "+14155550101"), ("To", "+14155550100"), ("Body", "1"), ("NumMedia", "0"),
        ("NumSegments", "1"), ("FromCity", ""), ("MediaUrl0", ""), ("OptOutType", ""),
    ]  # fmt: skip


def _jsonlike(draw: random.Random, form: Pairs) -> object:
    values: dict[str, object] = dict(form)
    for name in list(values):
        if draw.random() < 0.3:
            values[name] = draw.choice(({}, [], None, 1, -1.5, True, [["x"]], {"a": {"b": []}}))
    return draw.choice((values, [values], [values, None], [], None, "x", 7, [values] * 300))


def _signed(draw: random.Random, place: str, form: Pairs) -> dict[str, str]:
    """Mostly a right signature, over the malformed fields too: only then anything behind it is met."""
    if draw.random() < 0.8:
        values: dict[str, list[str]] = {}
        for name, value in form:
            values.setdefault(name, []).append(value)
        return {
            "X-Twilio-Signature": str(
                RequestValidator(TOKEN).compute_signature(PUBLIC + place, _Fields(values))
            )
        }
    return {"X-Twilio-Signature": draw.choice([one for one in VALUES if one.isascii() and one.isprintable()])}


class _Fields(dict[str, list[str]]):
    def getall(self, name: str) -> list[str]:
        return self[name]
