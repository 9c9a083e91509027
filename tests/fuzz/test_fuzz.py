"""Malformed posts, in CI's time; `python -m tests.fuzz 10000` is the long run."""

from __future__ import annotations

import random
from pathlib import Path

from tests.fuzz.posts import WEBHOOKS, Found, at_forms, at_webhooks
from tests.fuzz.world import World, twilio_world


def test_no_malformed_webhook_breaks_anything_or_leaves_something_behind(
    template: Path, tmp_path: Path
) -> None:
    world, found = twilio_world(template, tmp_path / "world.db"), Found()
    at_webhooks(world, random.Random(11), 500, found)
    world.close()
    assert not found.wrong, "\n".join(found.wrong)
    assert set(found.places) == set(WEBHOOKS)
    assert {200, 204, 403, 413} <= set(found.statuses), "some were taken, some refused"


def test_no_malformed_form_breaks_anything_or_leaves_something_behind(template: Path, tmp_path: Path) -> None:
    world, found = World(template, tmp_path / "world.db"), Found()
    at_forms(world, random.Random(12), 400, found)
    world.close()
    assert not found.wrong, "\n".join(found.wrong)
    assert {200, 303, 400} <= set(found.statuses)
    assert len(found.places) > 30
