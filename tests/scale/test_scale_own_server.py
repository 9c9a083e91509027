"""What only a server of our own can show: it is stopped at once under everybody, and its files are read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from assistant.clock import SystemClock, VirtualClock
from assistant.desk import forget_family
from assistant.store import Expectation, InboundText, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_town import phone_of, settle
from jobs.engine_schema import upgrade_engine
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.family import PHONE, SETTINGS, SPEECH, caregiver, family, registered
from tests.support.installation import PUBLIC, Installation, told_to_stop
from tests.support.own_server import OwnServer, own_server
from tests.support.stores import new_postgresql
from tests.support.talk import Talk

pytestmark = pytest.mark.long
FAMILIES = 60


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    with own_server() as started:
        yield started


@pytest.fixture
def store(server: OwnServer) -> Iterator[Store]:
    with new_postgresql(server.url) as url:
        opened = open_store(url)
        upgrade(opened)
        upgrade_engine(opened)
        yield opened
        opened.close()


def test_everything_goes_on_after_the_server_was_stopped_at_once(
    tmp_path: Path, server: OwnServer, store: Store
) -> None:
    now = SystemClock().now()
    settle(store, FAMILIES, now, now.replace(year=now.year + 1))
    url = store.engine.url.render_as_string(hide_password=False)

    def make_due(first: int, last: int) -> None:
        with store.write() as session:
            rows = update(Expectation).where(Expectation.id.between(first, last))
            session.execute(rows.values(ask_at=SystemClock().now()))

    with FakeTwilio() as fake, Installation(tmp_path, url, fake) as house:

        def sent() -> Counter[str]:
            return Counter(message.to for message in fake.sent())

        every = [house.start("clock"), house.start("worker", "--threads", "2"), house.start("web")]
        make_due(1, 20)
        house.until(lambda: house.answers() == 200 and len(sent()) == 20, "all start, and ask")
        make_due(21, 40)
        server.restart()  # while the questions of twenty families are under way
        form = inbound_form(fake.account, fake.receive(phone_of(50), "STATUS"))
        hook = f"http://127.0.0.1:{house.port}/twilio/sms"

        def kept() -> bool:
            return post(hook, form, fake.account.auth_token, f"{PUBLIC}/twilio/sms").status == 200

        house.until(kept, "a text is kept again")
        store.engine.dispose()
        make_due(41, 45)
        wanted = {phone_of(number): 1 for number in (*range(1, 46), 50)}
        house.until(lambda: sent() == wanted, "each is asked once, and the text is answered once")
        with store.read() as session:
            assert session.scalars(select(func.count()).select_from(InboundText)).one() == 1
        assert [one.poll() for one in every] == [None, None, None], "nobody had to be started anew"
        assert [told_to_stop(one) for one in every] == [0, 0, 0]


def test_the_bytes_of_who_was_erased(server: OwnServer, store: Store, clock: VirtualClock) -> None:
    """Not readable by any question at once; not in the tables' files after `app.py erase`."""
    with store.write() as session:
        registered(session, family(services=(SPEECH,)), clock.now())
        registered(session, family(caregiver(phone="+14155550199"), nickname="Mia"), clock.now())
    talk = Talk(store, clock)
    talk.until_asked()
    talk.say("no, Mrs. Quillby was out")
    settings = SETTINGS.model_copy(
        update={
            "retention": SETTINGS.retention.model_copy(update={"erased_list": str(server.folder / "gone")})
        }
    )
    words = (PHONE.encode(), b"Quillby")
    _written_down(store)
    assert all(server.holding(word, "base") for word in words)
    forget_family(store, clock, settings, "child", 1, really=True)
    _written_down(store)
    assert [server.holding(word, "base") for word in words] == [[], []]
    assert server.holding(words[0], "pg_wal"), (
        "as docs/operating.md says: there until its files are used again"
    )


def _written_down(store: Store) -> None:
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))
