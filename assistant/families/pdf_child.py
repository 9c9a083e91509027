"""Reads a PDF from standard input and writes its words, as JSON, to standard output: in a process of its own.

A stranger's file can be made to loop for hours or to unpack to gigabytes. So this process gives up memory and
processor time before it looks at the file, and is run by its path: it imports nothing of the house.
Arguments: seconds of processor time, megabytes of memory, most pages, most characters.
Exit status: 0 done, 3 no PDF that can be read, 4 too much memory.
"""

from __future__ import annotations

import io
import json
import logging
import resource
import sys

UNREADABLE, TOO_MUCH = 3, 4


def main(seconds: int, megabytes: int, most_pages: int, most_text: int) -> int:
    """Write {"text", "whole"}."""
    for what, limit in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes * 1_000_000),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (limit, limit))
    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every oddity of somebody's file
    parts: list[str] = []
    try:
        pages = PdfReader(io.BytesIO(sys.stdin.buffer.read())).pages
        whole = len(pages) <= most_pages
        for number, page in enumerate(pages):
            if number >= most_pages or sum(map(len, parts)) > most_text:
                whole = False
                break
            parts.append(page.extract_text())
    except MemoryError:
        return TOO_MUCH
    except Exception:  # noqa: BLE001  whatever the file's oddity raises, it cannot be read
        return UNREADABLE
    text = "\n\n".join(parts).replace("\0", " ").strip()
    json.dump({"text": text[:most_text], "whole": whole and len(text) <= most_text}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
