"""What all pages of one child share: the rooms they lead to."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, current_app, request, url_for

from assistant.store import Child

# A child's rooms; each page takes the child's number. Named by family_nav.ROOM in strings/.
ROOMS: Sequence[tuple[str, str]] = (
    ("month", "month.page"),
    ("steps", "steps.page"),  # letters belong to it
    ("evidence", "evidence.page"),
    ("settings", "settings.page"),
)


# Rooms within a room.
_WITHIN = {"letters": "steps", "signals": "steps"}


def install(app: Flask) -> None:
    """The list of rooms for the layout."""

    @app.template_global("family_rooms")
    def rooms(child: Child) -> list[tuple[str, str, bool]]:
        """Each room's name, the address for this child, and whether this page belongs to it."""
        return [
            (name, url_for(endpoint, number=child.id), _room() == endpoint.partition(".")[0])
            for name, endpoint in ROOMS
            if endpoint in current_app.view_functions
        ]


def _room() -> str:
    """The room that this page belongs to."""
    here = request.blueprint or ""
    return _WITHIN.get(here, here)
