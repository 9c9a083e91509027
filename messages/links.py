"""Signed links for e-mails: they carry what they open and cannot be guessed; nothing about them is stored.

A link opens a page; only a press of a button there records anything (mail scanners follow links).
"""

from __future__ import annotations

from itsdangerous import BadSignature, URLSafeSerializer


def question_token(secret: str, question_id: int) -> str:
    """The end of the address of the page that answers a question."""
    return _sign(secret, "question", question_id)


def read_question_token(secret: str, token: str) -> int | None:
    """The question a token opens, or None for one that we did not make."""
    return _read(secret, "question", token)


def step_token(secret: str, step_id: int) -> str:
    """The end of the address of a step's page."""
    return _sign(secret, "step", step_id)


def read_step_token(secret: str, token: str) -> int | None:
    """The step a token opens, or None."""
    return _read(secret, "step", token)


def unsubscribe_token(secret: str, caregiver_id: int) -> str:
    """The end of the address that ends e-mails to a caregiver."""
    return _sign(secret, "unsubscribe", caregiver_id)


def read_unsubscribe_token(secret: str, token: str) -> int | None:
    """The caregiver whose e-mails a token ends, or None."""
    return _read(secret, "unsubscribe", token)


def confirm_token(secret: str, caregiver_id: int) -> str:
    """The end of the address on which a caregiver agrees to e-mails."""
    return _sign(secret, "confirm", caregiver_id)


def read_confirm_token(secret: str, token: str) -> int | None:
    """The caregiver who may agree with this token, or None."""
    return _read(secret, "confirm", token)


def said_token(secret: str, inbound_id: int) -> str:
    """The end of the address on which a parent confirms what we read in their e-mail."""
    return _sign(secret, "said", inbound_id)


def read_said_token(secret: str, token: str) -> int | None:
    """The e-mail that may be confirmed with this token, or None."""
    return _read(secret, "said", token)


def meant_token(secret: str, proposal_id: int) -> str:
    """The end of the address on which a parent says whether staff read their words right."""
    return _sign(secret, "meant", proposal_id)


def read_meant_token(secret: str, token: str) -> int | None:
    """The proposal that may be answered with this token, or None."""
    return _read(secret, "meant", token)


def _sign(secret: str, purpose: str, number: int) -> str:
    return URLSafeSerializer(secret, salt=f"every-session-{purpose}").dumps(number)


def _read(secret: str, purpose: str, token: str) -> int | None:
    try:
        number = URLSafeSerializer(secret, salt=f"every-session-{purpose}").loads(token)
    except BadSignature:
        return None
    return number if isinstance(number, int) else None
