"""What a text that asks for, or confirms, consent has to say. Pure.

The five parts of the carriers' rules (CTIA, Messaging Principles and Best Practices, May 2023; short-code
handbook): who writes, how often, that messages may cost something, HELP, and STOP.
"""

from __future__ import annotations

import re

from assistant.words import Language

# The texts that invite to a yes, and those that answer one.
ASKS_OR_CONFIRMS = ("invite", "welcome", "welcome_back", "join_invite", "join_welcome")
_PARTS: dict[Language, dict[str, str]] = {
    "en": {
        "name": r"^\{program\}: ",
        "frequency": r"\bup to \{per_week\} questions a week\b",
        "rates": r"\bMsg & data rates may apply\.",
        "help": r"\bHELP for help\b",
        "stop": r"\bSTOP to stop\b",
    },
    "es": {
        "name": r"^\{program\}: ",
        "frequency": r"\bhasta \{per_week\}( preguntas| veces)? por semana\b",
        "rates": r"\bPuede haber cargos de mensajes\b",
        "help": r"\bHELP:? ayuda\b",
        "stop": r"\bSTOP:? (para )?parar\b",
    },
}


def missing(body: str, language: Language) -> list[str]:
    """Which of the five parts a template lacks; a part that was reworded needs its words here, too."""
    patterns = {part: re.compile(found, re.IGNORECASE) for part, found in _PARTS[language].items()}
    return [part for part, found in patterns.items() if not found.search(body)]
