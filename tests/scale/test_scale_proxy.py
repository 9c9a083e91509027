"""Behind a real nginx with the file that docs/deploy shows: signatures, sizes, pages replaced under load."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.clock import SystemClock
from assistant.store import InboundText, Store, open_store
from assistant.store.migrate import upgrade
from jobs.bench_town import phone_of, settle
from tests.scale.load import Load, listening
from tests.support.fake_twilio import FakeTwilio
from tests.support.fake_twilio_rules import inbound_form
from tests.support.fake_twilio_wire import post
from tests.support.installation import PUBLIC, ROOT, Installation, free_port, told_to_stop

NGINX, OPENSSL = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin"), shutil.which("openssl")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed (apt-get install nginx-light)"),
    pytest.mark.skipif(not OPENSSL, reason="openssl is not installed"),
]


@pytest.fixture
def fake() -> Iterator[FakeTwilio]:
    with FakeTwilio() as server:
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/store.db")
    upgrade(opened)
    now = SystemClock().now()
    settle(opened, 400, now, now.replace(year=now.year + 1))
    yield opened
    opened.close()


@pytest.fixture
def house(tmp_path: Path, store: Store, fake: FakeTwilio) -> Iterator[Installation]:
    with Installation(tmp_path, f"sqlite:///{store.engine.url.database}", fake) as started:
        started.env["ASSISTANT_SERVER_PROXIES"] = "1"
        yield started


@pytest.fixture
def proxy(tmp_path: Path, house: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of nginx, which runs the shipped file but for its addresses and the certificate."""
    port, folder = free_port(), tmp_path / "nginx"
    folder.mkdir()
    subprocess.run(
        [str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=here",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=folder, check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    shipped = (ROOT / "docs" / "deploy" / "nginx.conf").read_text()
    for theirs, here in (
        ("127.0.0.1:8000", f"127.0.0.1:{house.port}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/ssl/iep.example.org.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/iep.example.org.key", f"{folder}/key.pem"),
    ):
        assert theirs in shipped
        shipped = shipped.replace(theirs, here)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}{shipped}}}\n"
    )
    with (folder / "out").open("wb") as out:
        running = subprocess.Popen([str(NGINX), "-c", f"{folder}/nginx.conf"], stdout=out, stderr=out)
    monkeypatch.setenv("SSL_CERT_FILE", f"{folder}/cert.pem")
    try:
        yield f"https://localhost:{port}"
    finally:
        running.terminate()
        running.wait(10)


def test_behind_nginx(house: Installation, proxy: str, store: Store, fake: FakeTwilio) -> None:
    clock, web = house.start("clock"), house.start("web")
    house.until(lambda: house.answers() == 200, "the pages start")
    token, signed_as = fake.account.auth_token, f"{PUBLIC}/twilio/sms"

    form = dict(inbound_form(fake.account, fake.receive(phone_of(1), "STATUS")))

    def posted(body: str = "STATUS", token: str = token, signed_as: str = signed_as) -> int:
        changed = [*{**form, "Body": body}.items()]
        return post(f"{proxy}/twilio/sms", changed, token, signed_as).status

    # The signature is of the public address, whatever the proxy is called.
    house.until(lambda: posted() == 200, "a text comes through the proxy")
    assert posted(token="x" * 32) == 403
    assert posted(signed_as=f"{proxy}/twilio/sms") == 403

    # What is too large for a text is refused by us; what is too large for anything, before us.
    assert posted("n" * 40_000) == 413
    assert posted("n" * 3_200_000) == 413

    # The pages are replaced twice while texts come.
    load = Load(proxy, fake, 10, 400, pause=0.01)
    load.start()
    for _ in range(2):
        house.until(lambda: load.kept, "the first texts are kept")
        new = house.start("web")
        house.until(lambda: listening(house.port) == 2, "the new one is there")
        assert told_to_stop(web) == 0
        web, before = new, len(load.kept)
        house.until(partial(_more_than, load.kept, before + 5), "the new one keeps texts")
    load.finish()
    with store.read() as session:
        stored = session.scalars(select(InboundText.from_address).order_by(InboundText.id)).all()
    assert stored == [phone_of(1), *load.kept]
    house.until(lambda: len({one.to for one in fake.sent()}) == len(stored), "each is answered")
    assert [told_to_stop(one) for one in (clock, web)] == [0, 0]


def _more_than(kept: list[str], number: int) -> bool:
    return len(kept) > number
