"""What every section of the settings has in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict

MIN_SECRET = 16
SECRET = ("secret", "token", "password", "_key")  # in a setting's name: what was found is not shown


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Whatever is shown of the settings shows no secret, in whatever section it stands."""
        for name, value in super().__repr_args__():
            secret = name is not None and value and any(word in name for word in SECRET)
            yield name, ("(set)" if secret else value)
