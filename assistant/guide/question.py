"""A short question to the provider about days that the parent could not tell of, for the parent to send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from assistant.guide.filling import fill
from assistant.guide.values import long_day, one_line
from assistant.words import Language

if TYPE_CHECKING:
    from assistant.guide.types import Guide


@dataclass(frozen=True, slots=True)
class Question:
    """A question as an e-mail of the parent's: nothing is sent by us."""

    subject: str
    text: str


def ask_provider(
    guide: Guide, language: Language, *, child: str, service: str, days: Sequence[date], parent: str
) -> Question:
    """The question about these days (in date order, each once), in `language`; English is for the school.

    `child` is how the parent speaks of the child to the school, `service` as the IEP has it. Raises
    ValueError without a day: there is nothing to ask.
    """
    if not days:
        raise ValueError("a question to the provider needs at least one day")
    values = {"child": one_line(child), "service": one_line(service)}
    said = {
        key: fill(text, values) for key, text in guide.letters.phrases[language].items() if key[:4] == "ask_"
    }
    asked = "\n".join(f"- {long_day(day, language)}" for day in sorted(set(days)))
    parts = [said["ask_hello"], said["ask_body"], asked, said["ask_question"]]
    parts.append(f"{said['ask_thanks']}\n{one_line(parent)}".strip())
    return Question(said["ask_subject"], "\n\n".join(parts) + "\n")
