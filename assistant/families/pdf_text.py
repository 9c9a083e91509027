"""The words of a PDF that a parent sends. The file itself is looked at once and kept nowhere.

It is read by a child process with little time and memory and nothing of ours in its environment: a file made
to hang or to explode costs its sender a sentence, and the page's process nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Literal

MOST_PAGES = 40
MOST_TEXT = 60_000  # characters
SECONDS = 8  # of processor time
MEGABYTES = 400
_AT_ONCE = BoundedSemaphore(2)  # so many files are read at a time in one process
_WAIT = 5.0  # seconds for one's turn, and beyond the processor time on a busy machine
_CHILD = Path(__file__).with_name("pdf_child.py")
_UNREADABLE = 3

Why = Literal["unreadable", "given_up", "busy"]


class PdfError(ValueError):
    """It was not read. `why`: "unreadable" (no PDF, locked, damaged), "given_up" (it took too long or too
    much memory), "busy" (others are being read).
    """

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class PdfText:
    """The words, "" where there are only pictures; whether those are all of them."""

    text: str
    whole: bool


def text_of_pdf(data: bytes) -> PdfText:
    """The words of its first pages. Raises PdfError, after SECONDS and a little at the latest."""
    if not _AT_ONCE.acquire(timeout=_WAIT):
        raise PdfError("busy")
    try:
        limits = [str(one) for one in (SECONDS, MEGABYTES, MOST_PAGES, MOST_TEXT)]
        done = subprocess.run(  # noqa: S603  our own file, and numbers
            [sys.executable, "-I", str(_CHILD), *limits],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=SECONDS + _WAIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfError("given_up") from None
    finally:
        _AT_ONCE.release()
    if done.returncode:
        raise PdfError("unreadable" if done.returncode == _UNREADABLE else "given_up")
    told = json.loads(done.stdout)
    return PdfText(text=told["text"], whole=told["whole"])
