"""A simulation in a process of its own: one request as a line of JSON in, the whole answer as JSON out.

The job that asks (jobs.rehearse) gives it no database and no secrets: what is lived here is a throw-away
SQLite file, whatever goes wrong. It ends with whoever asked, whose end closes its standard input.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, cast

from assistant.operations.changed import Texts
from assistant.operations.rehearsals import without_secrets
from assistant.simulation.run import simulate
from assistant.simulation.scenario import ScenarioError, read_scenario
from messages.templates import catalogue, misfits

MOST_EVENTS = 12_000
MOST_LETTERS = 4_000_000  # of JSON


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """What becomes of a request: {"events": [...], "cut": bool}, or {"fault": "a line a problem"}."""
    settings = without_secrets(request["settings"], request["public_url"])
    holes = {
        name: found
        for name, body in request["texts"].items()
        if (key := name.rpartition(" ")[0]) in catalogue("en") and (found := misfits(key, body))
    }  # a text of the guide has a form of its own, and one that does not fit is passed over
    if holes:
        return {"fault": "\n".join(f"{name}: {{{'}, {'.join(found)}}}" for name, found in holes.items())}
    texts = cast(Texts, {tuple(key.rsplit(" ", 1)): body for key, body in request["texts"].items()})
    try:
        scenario = read_scenario(Path(request["scenario"]))
        lived = simulate(
            scenario,
            settings=settings,
            texts=texts,
            policies=request["policies"],
            reviews=request.get("reviews", ()),
            phrases=request.get("phrases", ()),
            whole=True,
        )
        events: list[dict[str, Any]] = []
        size = 0
        for event in lived:
            size += len(json.dumps(event))
            if len(events) >= MOST_EVENTS or size > MOST_LETTERS:
                return {"events": events, "cut": True}
            events.append(event)
    except ScenarioError as error:
        where = os.path.dirname(request["scenario"]) + os.sep
        return {"fault": "\n".join(line.replace(where, "") for line in error.problems[:20])}
    return {"events": events, "cut": False}


def _end_with_asker() -> None:
    sys.stdin.read()
    os._exit(1)


def main() -> None:
    """Answer one request."""
    request = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_asker, daemon=True).start()
    json.dump(answer(request), sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # the thread still reads


if __name__ == "__main__":
    main()
