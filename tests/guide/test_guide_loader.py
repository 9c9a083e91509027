"""Loading a guide: what a state takes over from the federal base, and one clear line for each fault."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from assistant.config import load as load_settings
from assistant.escalation.policy import Policy
from assistant.escalation.types import StepKey
from assistant.guide import loader
from assistant.guide.data import TRIGGER_RULES
from assistant.guide.letters import NAMES
from assistant.guide.loader import GuideError, guide_of, jurisdictions, load_guide
from assistant.words import LANGUAGES
from tests.guide.guide_cases import BANNED, GUIDES

HOME = Path(loader.__file__).parent
MINIMAL = """
extends = "us"
version = "1"
agency = "office"
jurisdiction = {en = "Written for: Nowhere.", es = "Escrito para: Ninguna parte."}
state = {en = "Nowhere", es = "Ninguna parte"}
[places.office]
name = "Nowhere Office of Schools"
page = "https://schools.nowhere.example"
phone = "555-0100"
source = "https://schools.nowhere.example"
sure = "A"
verified_on = 2026-11-26
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A copy of the guides that a test may break."""
    for folder in ("us", "us-ca", "us-il"):
        shutil.copytree(HOME / folder, tmp_path / folder)
    return tmp_path


def problems(root: Path, jurisdiction: str = "us-ca") -> list[str]:
    with pytest.raises(GuideError) as caught:
        load_guide(jurisdiction, root)
    return caught.value.problems


def test_a_state_lays_its_facts_over_the_federal_ones() -> None:
    california, illinois = GUIDES["us-ca"], GUIDES["us-il"]
    assert {(c.clocks["records"].length, c.clocks["records"].counts) for c in (california, illinois)} == {
        (5, "business_days"),
        (10, "business_days"),
    }
    assert california.clocks["reply"] == illinois.clocks["reply"]
    assert california.clocks["meeting"].without_long_vacations
    assert "meeting" not in illinois.clocks
    notice = illinois.clocks["missed_service_notice"]
    assert (notice.after, notice.length, notice.runs_from) == (10, 3, "not_held")
    assert california.citations["compensatory"] == illinois.citations["compensatory"]
    assert california.citations["records"] != illinois.citations["records"]
    assert california.helpers[0].name == "Disability Rights California", "a state's own help comes first"
    assert california.helpers[-1] == illinois.helpers[-1]
    assert california.steps == illinois.steps, "what differs is data; no step's text is forked"


def test_a_state_without_anything_of_its_own_is_still_a_guide(root: Path) -> None:
    (root / "us-xx").mkdir()
    (root / "us-xx" / "guide.toml").write_text(MINIMAL)
    guide = load_guide("us-xx", root)
    assert set(guide.clocks) == {"records", "reply", "decision", "lookback", "due_process"}
    assert guide.review_of("document", date(2026, 11, 26)) == "pending"


def test_the_base_is_nobodys_jurisdiction(root: Path) -> None:
    assert jurisdictions() == ("us-ca", "us-il")
    assert "is a base" in problems(root, "us")[0]
    assert problems(root, "us-xx") == ["program.jurisdiction: there is no guide 'us-xx'"]


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_every_step_and_letter_has_its_review(guide: loader.Guide) -> None:
    assert set(guide.reviews) == {*map(str, StepKey), *NAMES}


@pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES)
def test_every_rule_has_its_sentences_with_the_policys_numbers(guide: loader.Guide) -> None:
    policy = Policy(misses_for_document=5, misses_for_notice=6, document_window_school_days=17)
    assert "5 sessions" in guide.when(StepKey.DOCUMENT, "en", policy)[0]
    for step, rules in TRIGGER_RULES.items():
        for language in LANGUAGES:
            said = guide.when(step, language, policy)
            assert len(said) == len(rules)
            assert not any("{" in sentence or BANNED.search(sentence) for sentence in said)
            for rule in rules:
                assert f"why_{rule}" in guide.words[language], rule


def test_a_centre_may_set_its_own_pages_to_read() -> None:
    own = {
        "ASSISTANT_GUIDE_IEP_BASICS": "https://centre.example/iep",
        "ASSISTANT_PROGRAM_JURISDICTION": "us-il",
    }
    guide = guide_of(load_settings(environ=own))
    assert guide.key == "us-il"
    assert set(guide.reading["iep_basics"].page.values()) == {"https://centre.example/iep"}
    assert guide.reading["disagreeing"] == GUIDES["us-il"].reading["disagreeing"]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, str):
        yield value


def test_no_text_of_a_guide_has_a_banned_word() -> None:
    files = [file for file in HOME.glob("us*/**/*.toml") if file.parent.name != "letters"]
    assert len(files) > 30
    for file in files:
        for text in strings(tomllib.loads(file.read_text())):
            assert text.startswith("http") or not BANNED.search(text), (file, text)


FAULTS = [
    (
        "us-ca/guide.toml",
        ("verified_on = 2026-11-23\nagency", "verified_on = 2026-11-24\nagency"),
        "verified_on: 2026-11-24 is later than the oldest fact (2026-11-23)",
    ),
    # a language, a file, a key is missing
    ("us/es/document.toml", None, "us/es/document.toml: is missing"),
    ("us/en/words.toml", None, "us/en/words.toml: is missing"),
    ("us/en/words.toml", ("held = ", "hold = "), "us/en/words.toml: held: is missing"),
    ("us/es/say.toml", ("meeting_time = ", "# "), "us/es/say.toml: meeting_time: is missing"),
    ("us-ca/es/say.toml", ("meeting_time = ", "# "), "us-ca/es/say.toml: meeting_time: is missing"),
    ("us-ca/es/clock_after.toml", None, "us-ca/es/clock_after.toml: is missing"),
    ("us-ca/clocks.toml", ("note.es = ", "# "), "us-ca/clocks.toml: clocks.records.note.es: is missing"),
    ("us/en/urgent.toml", ("button = ", "# "), "us/en/urgent.toml: button: is missing"),
    (
        "us/es/clock_after.toml",
        ("[phrases.decision]", "[phrases.other]"),
        "phrases.decision.subject: is missing",
    ),
    ("us/glossary.toml", ("text.es = ", "text.fr = "), "glossary.iep.text.es: is missing"),
    (
        "us/letters/written_notice.es.toml",
        ("title = ", "titel = "),
        "written_notice.es.toml: title: is missing",
    ),
    ("us-ca/guide.toml", ("version = ", "# "), "us-ca/guide.toml: version: is missing"),
    ("us-ca/guide.toml", ("[state]", "[states]"), "us-ca/guide.toml: states: unknown key"),
    ("us/guide.toml", ("[reading.disagreeing]", "[reading.disagree]"), "reading.disagree.name: unknown page"),
    # a placeholder that no text has
    (
        "us/en/document.toml",
        ("{{ why }}", "{{ wy }}"),
        "us/en/document.toml: body: unknown placeholder {{ wy }}",
    ),
    (
        "us/en/document.toml",
        ("{{ say.records_time }}", "{{ say.time }}"),
        "unknown placeholder {{ say.time }}",
    ),
    ("us/es/written_notice.toml", ("cite.notice", "cite.note"), "unknown placeholder {{ cite.note }}"),
    (
        "us/en/document.toml",
        ("dates.records %}", "dates.record %}"),
        "unknown placeholder {{ dates.record }}",
    ),
    (
        "us-ca/en/say.toml",
        ("clock.meeting.span", "clock.meet.span"),
        "us-ca/en/say.toml: meeting_time: unknown",
    ),
    ("us/en/document.toml", ("{{ why }}", "{% if %}"), "us/en/document.toml: body: line 1"),
    ("us/en/words.toml", ("{short}", "{shrt}"), "why_percent_short: unknown placeholder {shrt}"),
    (
        "us/triggers.toml",
        ("{misses_for_notice}", "{misses}"),
        "misses_in_window.en: unknown placeholder {misses}",
    ),
    # facts without their source
    (
        "us-ca/guide.toml",
        ('source = "https://jurris', 'sauce = "x'),
        "us-ca/guide.toml: citations.implement.sauce",
    ),
    ("us/guide.toml", ('sure = "B"', 'sure = "D"'), "sure: expected one of A, B, C (found 'D')"),
    (
        "us-il/guide.toml",
        ("verified_on = 2026-11-26\n\n[helpers", 'verified_on = ""\n\n[helpers'),
        "expected a date",
    ),
    ("us/signals.toml", ("source = ", "# "), "source: is missing or empty; a signal needs its source"),
    # clocks
    (
        "us-ca/clocks.toml",
        ('cite = "meeting"', ""),
        "clocks.meeting.cite: is missing or empty; a legal clock",
    ),
    ("us-ca/clocks.toml", ('cite = "meeting"', 'cite = "m"'), "clocks.meeting.cite: unknown citation 'm'"),
    ("us/clocks.toml", ('["document"]', '["documents"]'), "clocks.records.starts: unknown step 'documents'"),
    ("us-ca/clocks.toml", ("length = 5", "length = 0"), "us-ca/clocks.toml: clocks.records.length: expected"),
    ("us-ca/clocks.toml", ('"business_days"', '"workdays"'), "clocks.records.counts: expected one of"),
    ("us/clocks.toml", ('whose = "state"', 'whose = "us"'), "clocks.decision.whose: expected one of"),
    (
        "us-ca/clocks.toml",
        ("length = 5", "lenght = 5"),
        "us-ca/clocks.toml: clocks.records.lenght: unknown key",
    ),
    # names that are not known
    (
        "us-ca/guide.toml",
        ('agency = "cde"', 'agency = "ced"'),
        "us-ca/guide.toml: agency: unknown place 'ced'",
    ),
    ("us/en/document.toml", ('["service_log"]', '["log"]'), "terms: unknown glossary term 'log'"),
    ("us/en/document.toml", ('["iep_basics"]', '["basics"]'), "reading: unknown page to read 'basics'"),
    (
        "us/triggers.toml",
        ("[triggers.urgent.sent_home]", "[triggers.urgent.home]"),
        "triggers.urgent.home: unknown",
    ),
    ("us/triggers.toml", ("[triggers.check_iep.", "[triggers.check."), "triggers.check: unknown step"),
    ("us/signals.toml", ('rule = "sent_home"', 'rule = "home"'), "signals.sent_home.rule: expected one of"),
    ("us/signals.toml", ('how = "known"', 'how = "asked"'), 'only a signal with how = "known" has a rule'),
    (
        "us-ca/guide.toml",
        ('extends = "us"', 'extends = "uk"'),
        "us-ca/guide.toml: extends: there is no guide",
    ),
    ("us/guide.toml", ("base = true", 'extends = "us-ca"'), "extends: goes in a circle"),
    # reviews
    (
        "us-ca/guide.toml",
        ("urgent.state = ", "urgnt.state = "),
        "us-ca/guide.toml: reviews.urgnt: unknown step or",
    ),
    (
        "us-ca/guide.toml",
        ('document.state = "pending"', 'document = {state = "reviewed", until = 2027-01-31}'),
        "us-ca/guide.toml: reviews.document.by: is missing or empty; a review names who made it",
    ),
    (
        "us-ca/guide.toml",
        ('document.state = "pending"', 'document = {state = "reviewed", by = "Dr. Reviewer"}'),
        "us-ca/guide.toml: reviews.document.until: expected a date",
    ),
    (
        "us-ca/guide.toml",
        ('document.state = "pending"', 'document = {state = "pending", by = "Dr. Reviewer"}'),
        "us-ca/guide.toml: reviews.document.state: pending, yet it names somebody",
    ),
    ("us-ca/guide.toml", ("[state]", "[state"), "us-ca/guide.toml: cannot be read"),
]


@pytest.mark.parametrize(("file", "change", "said"), FAULTS)
def test_each_fault_of_a_guide_is_a_line(
    root: Path, file: str, change: tuple[str, str] | None, said: str
) -> None:
    target = root / file
    if change is None:
        target.unlink()
    else:
        text = target.read_text()
        assert change[0] in text
        target.write_text(text.replace(*change))
    found = problems(root, "us-il" if file.startswith("us-il") else "us-ca")
    assert any(said in line for line in found), found
    assert all("\n" not in line and "Traceback" not in line for line in found)
