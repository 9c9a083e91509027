"""Each address that names something, asked for by everybody whose it is not: see `tests.fuzz.places`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from itsdangerous import URLSafeSerializer
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from assistant.families import setting_up
from assistant.families.addresses import _hash as hash_of_link
from assistant.families.sign_in import new_link
from assistant.store import (
    AddressChange,
    Attachment,
    Caregiver,
    Case,
    Expectation,
    InboundText,
    Media,
    OutgoingMessage,
    Proposal,
    ServiceLine,
    Staff,
    Step,
)
from assistant.web import create_app
from assistant.web.registering import SALT
from messages import links
from tests.fuzz.places import FAMILY, PUBLIC, SANDBOX, STAFF, TOKEN, Things, arguments, values_of
from tests.fuzz.posts import somewhere
from tests.fuzz.test_isolation import refused, token_of
from tests.fuzz.world import Family, World
from tests.web.pages_support import SECRET, TWILIO, house_of

METHODS = {"GET", "POST"}


@pytest.fixture(scope="module")
def world(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(template, tmp_path_factory.mktemp("world") / "world.db")
    yield made
    made.close()


@pytest.fixture(scope="module")
def families(world: World) -> list[Family]:
    return world.families()[:2]


@pytest.fixture(scope="module")
def things(world: World, families: list[Family]) -> list[Things]:
    """One of each thing that a family can have, for both."""
    with world.store.write() as session:
        return [_things(session, world, one) for one in families]


def _things(session: Session, world: World, family: Family) -> Things:
    now = world.clock.now()
    text = session.scalars(select(InboundText).where(InboundText.caregiver_id == family.caregiver)).first()
    assert text is not None
    picture = Media(
        inbound_id=text.id, position=0, content_type="image/png", state="kept", kept_at=now,
        data=b"\x89PNG\r\n\x1a\n",
    )  # fmt: skip
    session.add(picture)
    session.flush()
    found = {
        word: session.scalars(select(func.max(table.id)).where(table.child_id == family.child)).one()
        for word, table in (("line", ServiceLine), ("session", Expectation))
    }
    return {"child": family.child, "picture": picture.id, "promise": 1, **found}


def places(world: World) -> list[Rule]:
    return [rule for rule in world.app.url_map.iter_rules() if rule.arguments]


def address_of(world: World, rule: Rule, values: dict[str, object], method: str) -> str:
    built: str = world.app.url_map.bind("localhost").build(rule.endpoint, values, method)
    return built


def methods_of(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) & METHODS)


class Asker:
    """A browser that asks from another address each time, and has a right token for its forms."""

    def __init__(self, browser: FlaskClient) -> None:
        self.browser, self._draw = browser, random.Random(6)
        self._token = token_of(browser, "/family/") or token_of(browser, "/family/enter")
        assert self._token

    def ask(self, path: str, method: str) -> TestResponse:
        data = {"csrf_token": self._token} if method == "POST" else None
        return self.browser.open(path, method=method, data=data, environ_base=somewhere(self._draw))


def test_every_address_that_names_something_is_in_the_table(world: World) -> None:
    here = {rule.endpoint: rule for rule in places(world)}
    kinds = (FAMILY.keys(), TOKEN.keys(), STAFF, PUBLIC, SANDBOX)
    known = [endpoint for kind in kinds for endpoint in kind]
    assert sorted(known) == sorted(here), "say in tests/fuzz/places.py whose it is"
    assert {here[one].rule.split("/")[1] for one in FAMILY} == {"family"}
    # `test_pages_of_staff_are_for_staff` asks for all of those that begin so.
    assert {one for one in here if here[one].rule.startswith("/admin/")} - TOKEN.keys() == STAFF
    sending = create_app(house_of(world.store, world.clock, TWILIO)).url_map
    assert not [rule.endpoint for rule in sending.iter_rules() if rule.endpoint.startswith("sandbox.")]
    assert {rule.endpoint for rule in sending.iter_rules() if rule.arguments} == here.keys() - SANDBOX


def test_what_is_a_family_s_is_theirs_alone(
    world: World, families: list[Family], things: list[Things]
) -> None:
    """By GET and POST, with another family's session and with none; and behind the other's own child, too."""
    owner, other = families
    askers = {"another family": Asker(other.browser), "nobody": Asker(world.app.test_client())}
    theirs, mine = things
    before, tried = world.counts(), 0
    for rule in places(world):
        if rule.endpoint not in FAMILY:
            continue
        for values in values_of(rule, theirs, mine):
            for method in methods_of(rule):
                path = address_of(world, rule, values, method)
                for who, asker in askers.items():
                    answer = asker.ask(path, method)
                    assert refused(answer), f"{who}: {method} {path}: {answer.status_code}"
                    page = answer.get_data(as_text=True)
                    assert not [word for word in owner.private if word in page], f"{who}: {method} {path}"
                    tried += 1
    assert tried > 2 * len(FAMILY)
    assert world.counts() == before


def test_the_same_addresses_are_there_for_whose_they_are(
    world: World, families: list[Family], things: list[Things]
) -> None:
    """Else the test above would be refused what is not there at all."""
    owner = Asker(families[0].browser)
    for rule in places(world):
        if rule.endpoint in FAMILY and "GET" in (rule.methods or ()):
            (values,) = values_of(rule, things[0])
            path = address_of(world, rule, values, "GET")
            answer = owner.ask(path, "GET")
            assert not refused(answer), f"{path}: {answer.status_code}"
            assert answer.status_code in (200, 302, 303), path


@pytest.fixture(scope="module")
def tokens(world: World, families: list[Family]) -> dict[str, str]:
    """A good one of each kind, of the first family's; the staff's is of somebody of the centre."""
    family, now, settings = families[0], world.clock.now(), world.settings
    with world.store.write() as session:
        person = session.get_one(Caregiver, family.caregiver)
        staff = Staff(email="one@centre.example", role="owner", created_at=now)
        session.add(staff)
        session.flush()
        asked = _newest(session, Expectation.id, Expectation.child_id == family.child)
        mailed = _mailed(person, asked, now)
        proposal = Proposal(
            inbound_id=_newest(session, InboundText.id, InboundText.caregiver_id == person.id),
            caregiver_id=person.id, expectation_id=asked, staff_id=staff.id, answer={"outcome": "held"},
            asked="Held?", asked_at=now,
        )  # fmt: skip
        change = AddressChange(
            caregiver_id=person.id, channel="email", address="new@example.org", wording="", created_at=now
        )
        session.add_all([proposal, change, mailed])
        session.flush()
        change.link_hash = hash_of_link(SECRET, change, "a-new-address")
        by_person = new_link(session, settings, now, caregiver=person, most=1_000)
        by_staff = new_link(session, settings, now, staff=staff)
        begun = setting_up.begin(session, {"nickname": "Ona"}, "somewhere", now, settings)
        assert by_person
        assert by_staff
        assert begun
        seen = {"child": family.child, "zone": person.zone, "digits": "0101", "email": ""}
        return {
            **world.tokens(),
            "step": links.step_token(SECRET, _newest(session, Step.id, *_steps_of(family))),
            "said": links.said_token(SECRET, mailed.id),
            "meant": links.meant_token(SECRET, proposal.id),
            "family's link": by_person.address.rpartition("/")[2],
            "staff's link": by_staff.address.rpartition("/")[2],
            "set-up": begun[1],
            "feed": person.feed_key or "",
            "new address": "a-new-address",
            "registered": str(URLSafeSerializer(SECRET, salt=SALT).dumps(seen)),
        }


def _mailed(person: Caregiver, expectation: int, now: datetime) -> InboundText:
    """An e-mail of theirs that was read, and waits for their press."""
    read = {
        "id": str(expectation), "service": "", "date": "", "outcome": "held", "cause": "", "minutes": None,
        "sessions": None, "knows": "saw",
    }  # fmt: skip
    return InboundText(
        provider_id="mail:1", channel="email", from_address=person.email or "", to_address="", body="Yes",
        received_at=now, handled_at=now, caregiver_id=person.id, meaning={"proposed": {"answers": [read]}},
    )  # fmt: skip


def _newest(session: Session, column: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> int:
    return session.scalars(select(func.max(column)).where(*where)).one()


def _steps_of(family: Family) -> tuple[ColumnElement[bool], ...]:
    return Step.case_id == Case.id, Case.child_id == family.child


def _open(world: World, rule: Rule, method: str, token: str, **more: object) -> str:
    """The address of a rule of TOKEN with this token."""
    first, *rest = arguments(rule)
    others = {"number": 1, "name": "a", "form": "pdf"}
    return address_of(world, rule, {first: token, **{one: others[one] for one in rest}, **more}, method)


def test_a_token_opens_what_it_is_of(world: World, tokens: dict[str, str]) -> None:
    """To nobody in particular; else the next test would be refused what opens to no token at all."""
    assert set(TOKEN.values()) == tokens.keys()
    asker = Asker(world.app.test_client())
    for rule in places(world):
        if rule.endpoint in TOKEN and len(rule.arguments) == 1 and "GET" in (rule.methods or ()):
            kind = TOKEN[rule.endpoint]
            answer = asker.ask(_open(world, rule, "GET", tokens[kind]), "GET")
            # Who wants a new address has to be signed in as well; the last test is about them.
            assert answer.status_code == 200 or kind == "new address", f"{rule.rule}: {answer.status_code}"


def test_no_token_opens_anything_else(world: World, tokens: dict[str, str]) -> None:
    """Tokens of the other kinds, one that was changed by a letter, one that was made up."""
    asker, before, tried = Asker(world.app.test_client()), world.counts(), 0
    for rule in places(world):
        if rule.endpoint not in TOKEN:
            continue
        kind = TOKEN[rule.endpoint]
        good = tokens[kind]
        wrong = {token for other, token in tokens.items() if other != kind}
        wrong |= {good[:-1] + ("A" if good[-1] != "A" else "Q"), ("1" if good[0] != "1" else "2") + good[1:]}
        for token in sorted(wrong | {"a" * 24}):
            for method in methods_of(rule):
                path = _open(world, rule, method, token)
                answer = asker.ask(path, method)
                assert refused(answer) or answer.status_code == 410, f"{method} {path}: {answer.status_code}"
                tried += 1
    assert tried > 10 * len(TOKEN)
    assert world.counts() == before


def test_a_step_s_token_gives_no_file_of_another_step(
    world: World, tokens: dict[str, str], families: list[Family]
) -> None:
    asker = Asker(world.app.test_client())
    (rule,) = (rule for rule in places(world) if rule.endpoint == "step.letter")
    with world.store.read() as session:
        files = session.execute(
            select(Attachment.id, OutgoingMessage.caregiver_id).join(
                OutgoingMessage, OutgoingMessage.id == Attachment.message_id
            )
        ).all()
    opened = {
        file: asker.ask(_open(world, rule, "GET", tokens["step"], number=file), "GET").status_code
        for file, _ in files
    }
    mine = [file for file, caregiver in files if caregiver == families[0].caregiver]
    assert mine != [file for file, _ in files]
    assert {opened[file] for file, _ in files if file not in mine} == {404}
    assert set(opened.values()) == {200, 404}


def test_a_new_address_is_confirmed_by_who_asked_for_it_alone(
    world: World, tokens: dict[str, str], families: list[Family]
) -> None:
    path = f"/family/new/enter/{tokens['new address']}"
    assert Asker(families[1].browser).ask(path, "POST").status_code == 410
    with world.store.read() as session:
        assert session.scalars(select(func.count()).select_from(AddressChange)).one() == 1
        assert session.get_one(Caregiver, families[0].caregiver).email != "new@example.org"
    assert Asker(families[0].browser).ask(path, "POST").status_code == 303
    with world.store.read() as session:
        assert session.get_one(Caregiver, families[0].caregiver).email == "new@example.org"
