"""What stands on this machine: time zones, the secret key, the guide, the texts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assistant.config import MIN_SECRET, Settings
from assistant.doctor.lines import Line, fail, look, ok
from assistant.guide.loader import guide_of
from messages.templates import catalogue

_FEW_LETTERS = 10  # a key of fewer different characters was typed, not made


def lines(settings: Settings) -> Iterator[Line]:
    """Zones, secret key, guide, catalogue."""
    yield _zones(settings)
    yield _secret(settings)
    yield from _guide(settings)
    yield from _texts(settings)


def _zones(settings: Settings) -> Line:
    try:
        ZoneInfo(settings.program.zone)
        ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError as error:
        return fail(
            "zones", f"a time zone cannot be found ({error})", "install the package tzdata; `make setup`"
        )
    try:
        data = version("tzdata")
    except PackageNotFoundError:
        return look("zones", "the system's own; the package tzdata is missing", "run `make setup`")
    return ok("zones", f"{settings.program.zone} is known; tzdata {data}")


def _secret(settings: Settings) -> Line:
    key = settings.server.secret_key
    if len(key) < MIN_SECRET or len(set(key)) < _FEW_LETTERS:
        return fail(
            "secret_key",
            f"{len(key)} characters, {len(set(key))} of them different: links and sessions can be guessed",
            'set one made by: python -c "import secrets; print(secrets.token_urlsafe(48))"',
        )
    return ok("secret_key", f"{len(key)} characters")


def _guide(settings: Settings) -> Iterator[Line]:
    try:
        guide = guide_of(settings)
    except Exception as error:  # noqa: BLE001  whatever is wrong with a guide's files is a finding, line by line
        for problem in getattr(error, "problems", [str(error)]):
            yield fail(
                "guide", str(problem), "put the guide's file right; `app.py check-config` repeats this"
            )
        return
    yield ok("guide", f"{settings.program.jurisdiction}, version {guide.version}")


def _texts(settings: Settings) -> Iterator[Line]:
    for language in settings.program.languages:
        try:
            count = len(catalogue(language))
        except Exception as error:  # noqa: BLE001  a catalogue that cannot be read is a finding
            yield fail("texts", f"{language}: {error}", "put the file under messages/catalog/ right")
            continue
        yield ok("texts", f"{language}: {count} texts")
