"""Numbers, addresses and names at rest: unreadable in the file, found by equality, under keys that change."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Text, select, text, type_coerce, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from assistant.store import Caregiver, Consent, Fact, Store, StoreError, open_store
from assistant.store.cipher import Cipher, SealError
from assistant.store.migrate import upgrade, upgrade_on
from assistant.store.sealing import check_keys, columns, reseal, unsealed

NOW = datetime(2026, 9, 1, 15, 0, tzinfo=UTC)
OLD, NEW, OTHER = "old" * 14, "new" * 14, "oth" * 14
PHONE, EMAIL, NAME = "+14155550177", "rosa.quintanilla@example.org", "Rosa Quintanilla"


def register(store: Store, phone: str = PHONE, email: str = EMAIL) -> int:
    with store.write() as session:
        person = Caregiver(
            name=NAME, phone=phone, email=email, language="es", zone="America/Los_Angeles", created_at=NOW
        )
        session.add(person)
        session.flush()
        session.add(
            Consent(
                caregiver_id=person.id, channel="sms", act="given", method="text", wording="YES",
                address=phone, at=NOW,
            )
        )  # fmt: skip
        return person.id


def rekeyed(store: Store, *keys: str) -> Store:
    """The same database, as a process with these keys sees it."""
    url = store.engine.url.render_as_string(hide_password=False)
    return open_store(url, cipher=Cipher(keys) if keys else None)


def raw(store: Store) -> list[str]:
    with store.read() as session:
        phones = session.scalars(select(type_coerce(Caregiver.phone, Text))).all()
        return [one or "" for one in [*phones, *session.scalars(select(type_coerce(Consent.address, Text)))]]


def test_the_same_value_looks_the_same_and_only_its_key_and_purpose_open_it() -> None:
    cipher = Cipher([NEW, OLD])
    for value in ("", "a", PHONE, "ñandú 😀", "\x80\x00", "x" * 1000):
        sealed = cipher.seal(value, "name")
        assert sealed == cipher.seal(value, "name") == Cipher([NEW]).seal(value, "name")
        assert cipher.open(sealed, "name") == value
        assert len(value) < 4 or value not in sealed
        assert Cipher([OTHER, NEW]).open(sealed, "name") == value
    sealed = cipher.seal(PHONE, "address")
    with pytest.raises(SealError, match="changed, or stands where it does not belong"):
        cipher.open(sealed, "name")
    with pytest.raises(SealError, match="changed"):
        cipher.open(sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB"), "address")
    with pytest.raises(SealError, match=f"under key {cipher.names[0]}"):
        Cipher([OTHER]).open(sealed, "address")
    assert cipher.open(PHONE, "address") == PHONE  # stored before there was a key


def test_keys_are_never_shown() -> None:
    assert OLD not in repr(Cipher([OLD]))


def test_values_are_found_by_equality_and_stay_unique(each_store: Store) -> None:
    store = rekeyed(each_store, NEW)
    number = register(store)
    with store.read() as session:
        found = session.scalars(select(Caregiver).where(Caregiver.phone == PHONE)).one()
        assert (found.id, found.name, found.phone, found.email) == (number, NAME, PHONE, EMAIL)
        assert session.scalars(select(Caregiver.id).where(Caregiver.phone.in_([PHONE, "+1"]))).all() == [
            number
        ]
        assert session.scalars(select(Caregiver.id).where(Caregiver.phone != PHONE)).all() == []
        assert session.scalars(select(Caregiver.id).where(Caregiver.phone.is_(None))).all() == []
        joined = select(Caregiver.id).join(Consent, Consent.address == Caregiver.phone)
        assert session.scalars(joined).all() == [number]
    with pytest.raises(IntegrityError) as caught:
        register(store, email="another@example.org")
    assert PHONE not in str(caught.value)  # nor in what an error says
    store.close()


def test_sorting_and_likeness_of_sealed_values_are_refused() -> None:
    with pytest.raises(TypeError, match="for equality"):
        Caregiver.name.like("%osa%")
    with pytest.raises(TypeError, match="for equality"):
        Caregiver.name.desc()


def test_plain_old_and_new_rows_are_all_found_while_keys_change(each_store: Store) -> None:
    phones = ["+14155550101", "+14155550102", "+14155550103"]
    for keys, phone in zip(((), (OLD,), (NEW, OLD)), phones, strict=True):
        register(rekeyed(each_store, *keys), phone)
    store = rekeyed(each_store, NEW, OLD)
    with store.read() as session:
        for phone in phones:
            person = session.scalars(select(Caregiver).where(Caregiver.phone == phone)).one()
            assert person.phone == phone
        assert len(session.scalars(select(Caregiver).where(Caregiver.phone.in_(phones))).all()) == 3
    with store.write() as session:  # what is decided in Python comes out as in the database
        person = session.scalars(select(Caregiver).where(Caregiver.phone == phones[0])).one()
        session.execute(update(Caregiver).where(Caregiver.phone == phones[0]).values(zone="UTC"))
        assert person.zone == "UTC"
    with pytest.raises(SealError, match="no key is set"), each_store.read() as session:
        session.scalars(select(Caregiver.name)).all()


def test_sealing_anew_leaves_nothing_behind_and_keeps_the_proof(each_store: Store) -> None:
    register(each_store, "+14155550101")
    old = rekeyed(each_store, OLD)
    check_keys(old)
    register(old, "+14155550102")
    new = rekeyed(each_store, NEW, OLD)
    check_keys(new)
    assert unsealed(new) == {"caregivers": 2, "consents": 2}
    assert ("consents", 2) in list(reseal(new, batch=1))
    mark = Cipher([NEW]).mark
    assert all(one.startswith(mark) for one in raw(new))
    assert len(raw(new)) == 4
    assert unsealed(new) == {}
    assert {rows for _, rows in reseal(new)} == {0}
    only = rekeyed(each_store, NEW)
    check_keys(only)  # the old key is no longer needed
    with only.read() as session:
        assert session.scalars(select(Consent.address).order_by(Consent.id)).all() == [
            "+14155550101",
            "+14155550102",
        ]
    with pytest.raises(DBAPIError, match="append-only"), only.write() as session:
        session.execute(update(Consent).values(address="+14155550199"))
    with pytest.raises(StoreError, match="a key it was sealed under is missing"):
        check_keys(old)


def test_a_row_changed_while_it_is_sealed_anew_keeps_the_change(
    postgresql_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = open_store(postgresql_database)  # SQLite lets nobody write meanwhile
    upgrade(plain)
    register(plain)
    store, other = rekeyed(plain, NEW), rekeyed(plain, NEW)
    opened = Cipher.open

    def change_first(self: Cipher, stored: str, purpose: str) -> str:
        if stored == EMAIL:
            monkeypatch.undo()
            with other.write() as session:
                session.execute(update(Caregiver).values(email="new@example.org"))
        return opened(self, stored, purpose)

    monkeypatch.setattr(Cipher, "open", change_first)
    list(reseal(store))
    with store.read() as session:
        person = session.scalars(select(Caregiver)).one()
        assert (person.email, person.name) == ("new@example.org", NAME)
    assert unsealed(store) == {}


def test_a_wrong_or_missing_key_is_one_line_at_the_start(each_store: Store) -> None:
    check_keys(each_store)  # no key and nothing sealed: the sandbox
    check_keys(rekeyed(each_store, OLD))
    for keys, says in (((), "no key is set"), ((OTHER,), "is missing")):
        with pytest.raises(StoreError, match=says) as caught:
            check_keys(rekeyed(each_store, *keys))
        assert "\n" not in str(caught.value)
        assert not any(key in str(caught.value) for key in (OLD, OTHER))
    check_keys(rekeyed(each_store, NEW, OLD))
    with pytest.raises(StoreError, match="is missing"):  # what was sealed under NEW meanwhile needs it
        check_keys(rekeyed(each_store, OLD))


def test_every_column_of_numbers_addresses_and_names_is_sealed() -> None:
    sealed = {(table.name, one.name) for table, found in columns() for one in found}
    assert sealed >= {
        ("caregivers", "name"), ("caregivers", "phone"), ("caregivers", "email"), ("caregivers", "feed_key"),
        ("consents", "address"), ("children", "nickname"), ("children", "full_name"), ("staff", "email"),
        ("outgoing_messages", "to_address"), ("inbound_texts", "from_address"), ("details", "value"),
    }  # fmt: skip
    assert all("id" in table.c for table, _ in columns())  # what sealing anew goes by


def test_last_digits_are_found_though_they_are_sealed_also_of_older_rows(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/older.db", cipher=Cipher([NEW]), durable=False)
    with store.write() as session:
        upgrade_on(session.connection(), "0022")
        session.execute(
            text(
                "INSERT INTO caregivers (name, phone, language, zone, texts, mails, gather, for_tests, "
                "created_at) "
                f"VALUES ('', :phone, 'es', 'UTC', 'in', 'none', 'each', 0, '{NOW:%Y-%m-%d %H:%M:%S.%f}')"
            ),
            {"phone": Cipher([NEW]).seal(PHONE, "address")},
        )
    with pytest.raises(StoreError, match=r"under key .*ASSISTANT_SERVER_DATA_KEY"):
        upgrade(rekeyed(store, OTHER))
    upgrade(store)
    later = register(store, "+14155550178", "b@example.org")
    with store.write() as session:
        assert session.scalars(select(Caregiver.id).where(Caregiver.phone_end == PHONE[-4:])).all() == [1]
        ends = session.scalars(select(type_coerce(Caregiver.phone_end, Text))).all()
        assert all(one and one.startswith("s1.") for one in ends)
        session.get_one(Caregiver, later).phone = None
    with store.read() as session:
        assert session.get_one(Caregiver, later).phone_end is None
    store.close()


def test_the_fact_that_tells_the_keys_tells_none(store: Store) -> None:
    check_keys(rekeyed(store, OLD))
    with store.read() as session:
        fact = session.get(Fact, "data_key")
        assert fact is not None
        assert OLD not in fact.value


@pytest.mark.parametrize("first", ["sealed", "plain"])
def test_the_file_holds_no_number_address_or_name(tmp_path: Path, store: Store, first: str) -> None:
    sealed = rekeyed(store, NEW)
    register(store if first == "plain" else sealed)
    for number in range(40):
        register(store if first == "plain" else sealed, f"{PHONE}{number}", f"{number}{EMAIL}")
    list(reseal(sealed))
    sealed.close()
    store.close()
    data = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert len(data) > 10_000
    for secret in (PHONE, PHONE[-7:], EMAIL, "quintanilla", NAME):
        assert secret.encode() not in data
