"""Signed links, for those above the messages room. See messages.links."""

from messages.links import (
    confirm_token,
    question_token,
    read_confirm_token,
    read_question_token,
    read_step_token,
    read_unsubscribe_token,
    step_token,
    unsubscribe_token,
)

__all__ = [
    "confirm_token",
    "question_token",
    "read_confirm_token",
    "read_question_token",
    "read_step_token",
    "read_unsubscribe_token",
    "step_token",
    "unsubscribe_token",
]
