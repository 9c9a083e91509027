"""Alerts: one row for one trouble, however often it comes; after its end a new one."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from assistant.clock import VirtualClock
from assistant.store import Alert, Store
from messages.alerts import close_alert, open_alerts, raise_alert


def test_a_trouble_is_told_once_and_counted(each_store: Store, clock: VirtualClock) -> None:
    now = clock.now()
    with each_store.write() as session:
        assert raise_alert(session, "send_halted", now, subject="sms", code="20003")
        assert not raise_alert(
            session, "send_halted", now + timedelta(minutes=5), subject="sms", code="30034"
        )
        assert raise_alert(session, "send_halted", now, subject="email")
    with each_store.read() as session:
        sms, email = open_alerts(session)
        assert (sms.subject, sms.times, sms.detail) == ("sms", 2, {"code": "30034"})
        assert sms.last_at - sms.first_at == timedelta(minutes=5)
        assert email.times == 1


def test_what_is_over_is_closed_and_may_come_again(each_store: Store, clock: VirtualClock) -> None:
    with each_store.write() as session:
        assert not close_alert(session, "late", clock.now())
        raise_alert(session, "late", clock.now())
        assert close_alert(session, "late", clock.now(), by="staff:1")
        assert raise_alert(session, "late", clock.now())
    with each_store.read() as session:
        assert [row.closed_by for row in session.scalars(select(Alert).order_by(Alert.id))] == ["staff:1", ""]
        assert len(open_alerts(session)) == 1
