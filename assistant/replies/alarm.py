"""Words that a person of the centre should see before anything else, whatever else the text says."""

from __future__ import annotations

import re

from assistant.replies.normalise import fold

_ALARM = re.compile(
    r"\b(?:suicid\w*|kill (?:him|her|my)self|hurt(?:ing|s)? (?:him|her|my|them)sel\w*|self[- ]?harm|"
    r"restrain\w*|seclu(?:ded|sion)|abus\w+|bruis\w+|"
    r"(?:hit|slapped|choked|beat(?:en)?|kicked|touched) (?:him|her|my|them)|"
    r"locked (?:him|her|in)|police|ambulance|911|scared to go|afraid to go|unsafe|not safe|"
    r"matarse|hacerse dano|lastim\w+|golpe\w+|le peg\w+|encerr\w+|amarr\w+|moret\w+|policia|ambulancia|"
    r"no es seguro|tiene miedo)\b"
)


def alarm_in(text: str) -> str | None:
    """The words of a text that may mean that somebody is in danger, or None. Errs on the side of looking."""
    found = _ALARM.search(fold(text))
    return found[0] if found else None
