"""The long run: `python -m tests.fuzz [POSTS] [SEED]`, half at webhooks, half at forms; JSON."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.posts import Found, at_forms, at_webhooks
from tests.fuzz.world import World, lived_through, twilio_world

EACH = 500  # posts in one copy of the world: forms may close a family's door behind them


def main(posts: int, seed: int) -> int:
    """Post so many; 0 where nothing was wrong."""
    draw, found = random.Random(seed), Found()
    with tempfile.TemporaryDirectory() as folder:
        template = lived_through(Path(folder))
        while found.posts < posts:
            webhooks = found.posts // EACH % 2 == 0
            world = (twilio_world if webhooks else World)(template, Path(folder) / f"{found.posts}.db")
            (at_webhooks if webhooks else at_forms)(world, draw, min(EACH, posts - found.posts), found)
            world.close()
    print(
        json.dumps(
            {"posts": found.posts, "seed": seed, "places": len(found.places), "statuses": found.statuses}
        )
    )
    for line in found.wrong:
        print(line, file=sys.stderr)
    return 1 if found.wrong else 0


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]] + [10_000, 1][len(sys.argv) - 1 :]
    sys.exit(main(*numbers))
