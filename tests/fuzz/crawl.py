"""Walking through all pages that somebody can reach, by their links."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from tests.fuzz.forms import Form, Page, is_ours, read

# Signing out would end the walk; a sandbox that jumps ahead would make another world of it.
AVOIDED = ("/family/out", "/admin/out", "/sandbox/jump", "/static/")


@dataclass
class Walk:
    """What was found: the pages by their path, and every form once for each place it goes to."""

    pages: dict[str, Page] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)
    broken: list[tuple[str, int]] = field(default_factory=list)

    @property
    def numbered(self) -> list[str]:
        """Addresses that name one thing of somebody's."""
        return sorted(path for path in self.pages if any(part.isdigit() for part in path.split("/")))


def walk(browser: FlaskClient, *starts: str, most: int = 400) -> Walk:
    """Every page that can be reached from these, `most` of them."""
    found, waiting, seen = Walk(), list(starts), set(starts)
    while waiting and len(seen) <= most:
        path = waiting.pop(0)
        answer = browser.get(path)
        if answer.status_code >= 500:
            found.broken.append((path, answer.status_code))
        if answer.status_code in (301, 302, 303) and answer.location:
            links = [answer.location]
        elif answer.status_code == 200 and answer.mimetype == "text/html":
            page = read(path, answer.get_data(as_text=True))
            found.pages[path] = page
            links = page.links
            for form in page.forms:
                if form.method == "post" and not form.action.startswith(AVOIDED):
                    found.forms.setdefault(f"{form.action} {sorted({name for name, _ in form.fields})}", form)
        else:
            links = []
        for link in links:
            short = link.partition("#")[0]
            if is_ours(short) and not urlsplit(short).path.startswith(AVOIDED) and short not in seen:
                seen.add(short)
                waiting.append(short)
    return found
