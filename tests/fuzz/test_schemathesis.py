"""Requests that schemathesis makes up for every route, as a family, as staff and as nobody: never a 5xx."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from werkzeug.test import Client

from tests.fuzz.openapi import document
from tests.fuzz.posts import somewhere
from tests.fuzz.world import World

EXAMPLES = 9  # for each route and method


def test_no_route_breaks_whatever_it_is_asked(template: Path, tmp_path: Path) -> None:
    world = World(template, tmp_path / "world.db")
    # With the token every made-up post would end at the door.
    world.app.config["WTF_CSRF_ENABLED"] = False
    people: list[Client] = [world.families()[0].browser, world.staff(), world.app.test_client()]
    draw = random.Random(5)
    wrong: list[str] = []
    asked: set[str] = set()
    for found in schemathesis.openapi.from_dict(document(world)).get_all_operations():
        operation = found.ok() if isinstance(found, Ok) else None
        assert operation is not None, "the document describes every route"

        @seed(5)
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(), person=st.sampled_from(people))
        def ask(case: schemathesis.Case[Any], person: Client) -> None:
            asked.add(f"{case.method} {case.path}")
            body = case.body if isinstance(case.body, dict) else {}
            try:
                answer = person.open(
                    case.formatted_path, method=case.method, data=body, environ_base=somewhere(draw)
                )
            except (UnicodeError, ValueError):
                return  # no client can write such an address
            if answer.status_code >= 500:
                wrong.append(f"{answer.status_code} {case.method} {case.formatted_path} {str(body)[:300]}")

        ask()
    world.close()
    assert not wrong, "\n".join(wrong)
    assert len(asked) > 80
