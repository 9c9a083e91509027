"""A guide's files: the folders it is made of, their tables merged key by key, the nearer over its base."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Which file of a folder holds which tables; only guide.toml has to be there.
DATA_FILES = ("guide", "clocks", "signals", "glossary", "triggers")
_DEEPEST = 5  # folders that extend one another; more is a circle


@dataclass
class Merged:
    """Tables of several files as one. `origin`: the file that spoke last, `depth`: how near it is."""

    data: dict[str, Any] = field(default_factory=dict)
    origin: dict[tuple[str, ...], str] = field(default_factory=dict)
    depth: dict[tuple[str, ...], int] = field(default_factory=dict)

    def add(self, data: dict[str, Any], file: str, depth: int) -> None:
        """Lay a file's tables over what is here."""
        self._lay(self.data, data, (), file, depth)

    def where(self, *path: str) -> str:
        """ "FILE: a.b.c": the file that last spoke of the path, or of the nearest table above it."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.origin:
                return f"{self.origin[path[:length]]}: {'.'.join(path)}"
        return ".".join(path)

    def _lay(
        self, into: dict[str, Any], data: dict[str, Any], path: tuple[str, ...], file: str, depth: int
    ) -> None:
        self.origin[path], self.depth[path] = file, depth
        for key, value in data.items():
            if isinstance(value, dict):
                below = into.get(key)
                into[key] = below = below if isinstance(below, dict) else {}
                self._lay(below, value, (*path, key), file, depth)
            else:
                into[key] = value
                self.origin[(*path, key)] = file


def folders_of(root: Path, jurisdiction: str, problems: list[str]) -> tuple[Path, ...]:
    """The folders of a guide, the base first. Problems where one is missing or they extend in a circle."""
    chain: list[Path] = []
    name: object = jurisdiction
    while name:
        folder = root / str(name)
        if not isinstance(name, str) or not (folder / "guide.toml").is_file():
            said = f"{chain[0].name}/guide.toml: extends" if chain else "program.jurisdiction"
            problems.append(f"{said}: there is no guide {name!r}")
            return ()
        if folder in chain or len(chain) >= _DEEPEST:
            problems.append(f"{folder.name}/guide.toml: extends: goes in a circle")
            return ()
        chain.insert(0, folder)
        name = toml(folder / "guide.toml", folder, problems).get("extends")
    return tuple(chain)


def merged(folders: Sequence[Path], names: Sequence[str], problems: list[str]) -> Merged:
    """The files of these names in all folders, as one. A file that no folder has is not here either."""
    found = Merged()
    for depth, folder in enumerate(folders):
        for name in names:
            path = folder / f"{name}.toml"
            if path.is_file():
                found.add(toml(path, folder, problems), file_name(path, folder), depth)
    return found


def toml(path: Path, folder: Path, problems: list[str]) -> dict[str, Any]:
    """A file's tables; one line where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        line = f"{file_name(path, folder)}: cannot be read: {' '.join(str(error).split())}"
        if line not in problems:
            problems.append(line)
    return {}


def file_name(path: Path, folder: Path) -> str:
    """ "us-ca/en/document.toml": a file as an author speaks of it."""
    return str(path.relative_to(folder.parent))
