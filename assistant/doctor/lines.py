"""What the doctor says: one line for each thing looked at, how it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "look", "fail"]


@dataclass(frozen=True, slots=True)
class Line:
    """`check` names what was looked at ("twilio.webhook"), `found` how it is, `do` what to do ("" where
    nothing). "look" may be as wanted, a person has to say; "fail" costs texts, evidence or trust.

    No secret and no family's number or name stands in it.
    """

    check: str
    state: State
    found: str
    do: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<4}  {self.check}: {self.found}"
        return f"{line}\n      -> {self.do}" if self.do else line


def ok(check: str, found: str) -> Line:
    return Line(check, "ok", found)


def look(check: str, found: str, do: str) -> Line:
    return Line(check, "look", found, do)


def fail(check: str, found: str, do: str) -> Line:
    return Line(check, "fail", found, do)
