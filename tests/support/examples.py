"""How many examples a property test tries: a fifth within `make test`, all of them with EXAMPLES=all."""

from __future__ import annotations

import os

EVERYTHING = os.environ.get("EXAMPLES") == "all"
_FEWEST = 10


def some(examples: int) -> int:
    """The number for this run. What a shorter run leaves out, `make test EXAMPLES=all` tries."""
    return examples if EVERYTHING else min(examples, max(_FEWEST, examples // 5))
