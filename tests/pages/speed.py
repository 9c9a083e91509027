"""How soon every page answers with a thousand families: python -m tests.pages.speed [FAMILIES]

One JSON line a page: the median and the worst time to the first byte of several requests (milliseconds) and
its bytes, beside /healthz, which reads nothing, served in the same way between them. The bar
is 50 ms.
"""

from __future__ import annotations

import json
import sys
import tempfile
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

from tests.fuzz.world import World, lived_through
from tests.pages.many import multiply
from tests.pages.places import STARTS, browser_of, cookie_of, places, served

TIMES = 7
BAR_MS = 50


def main(families: int) -> None:
    """Print the figures, the slowest page last."""
    with tempfile.TemporaryDirectory() as scratch:
        lived = lived_through(Path(scratch))
        many = multiply(lived, families)
        world = World(lived, Path(scratch) / "pages.db")
        cookies = {who: cookie_of(browser_of(world, who)) for who in STARTS}
        figures = []
        with served(world.app) as address:
            for place in places(world):
                cookie = f"session={cookies[place.who]}"
                _first_byte(address, place.path, cookie)  # what is read once a process
                timed = [_first_byte(address, place.path, cookie) for _ in range(TIMES)]
                bare = [_first_byte(address, "/healthz", "") for _ in range(TIMES)]
                figures.append(
                    {
                        "bench": "pages", "families": many, "page": place.name,
                        "first_byte_ms": round(median(one for one, _ in timed), 1),
                        "worst_ms": round(max(one for one, _ in timed), 1),
                        "healthz_ms": round(median(one for one, _ in bare), 1),
                        "bytes": timed[0][1], "bar_ms": BAR_MS,
                    }
                )  # fmt: skip
        world.close()
    for figure in sorted(figures, key=lambda one: float(str(one["first_byte_ms"]))):
        print(json.dumps(figure))


def _first_byte(address: str, path: str, cookie: str) -> tuple[float, int]:
    """Milliseconds to the first byte on a connection that stands, and the length of the answer."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=30)
    connection.connect()
    started = perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Language": "es"})
    answer = connection.getresponse()
    taken = 1000 * (perf_counter() - started)
    size = len(answer.read())
    connection.close()
    return taken, size


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
