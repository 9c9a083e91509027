"""Letters: every field of the domain notes per letter, only logged facts, numbered and traced, no holes."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.guide import loader
from assistant.guide.facts import LeftOut, StepFacts
from assistant.guide.filling import LetterError
from assistant.guide.letter import Letter, Writing, write_letter
from assistant.guide.letters import NAMES
from assistant.guide.loader import GuideError, load_guide
from assistant.guide.paper import blocks_of, paper, plain_text
from assistant.guide.question import ask_provider
from assistant.words import LANGUAGES, Language, Outcome
from tests.support import letter_facts as given_facts
from tests.support.examples import some

GUIDE = load_guide()
BANNED = re.compile(
    r"violat|illegal|unlawful|guarantee|you owe|they owe|violaci|ilegal|garanti|me deben|nos deben", re.I
)
HOLE = re.compile(r"\[|\]|\{\{|\}\}|\{%|__|None|Unknown|\( *\)|, ,|,,|\.\.| \.|:\s*$")


def write(name: str, language: Language = "en", **changes: object) -> Letter:
    details: Any = changes.pop("details", given_facts.ALL_DETAILS)
    urgent = changes.pop("urgent", given_facts.URGENT)
    facts: StepFacts = given_facts.facts(details, urgent=urgent, language=language, **changes)
    return write_letter(GUIDE, name, language, facts)


def whole(letter: Letter) -> str:
    return plain_text(paper(letter))


@pytest.mark.parametrize("details", [given_facts.DETAILS, given_facts.ALL_DETAILS], ids=["few", "all"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_no_letter_has_a_hole_or_a_hard_word(name: str, language: Language, details: dict[str, str]) -> None:
    letter = write(name, language, details=details)
    for writing in (letter.school, *([letter.copy] if letter.copy else [])):
        for block in writing.blocks:
            for line in block.text.split("\n"):
                # What leads in to a list or a table ends in a colon, and something follows.
                assert not HOLE.search(line.removesuffix(":")), line
            assert not BANNED.search(block.text), BANNED.search(block.text)
    assert (letter.copy is None) == (language == "en")
    assert letter.school.text.count("\n\n\n") == 0


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_state_the_same_and_rest_on_the_same(name: str) -> None:
    letter = write(name, "es")
    assert letter.copy is not None
    assert letter.copy.statements == letter.school.statements
    assert [b.kind for b in letter.copy.blocks] == [b.kind for b in letter.school.blocks]
    assert [len(b.rows) for b in letter.copy.blocks] == [len(b.rows) for b in letter.school.blocks]


COMMON = (
    *("Monday, December 7, 2026", "Alder Elementary", "Ana Rivera", "ana@example.org", "(415) 555-0101"),
    *("Leonardo Rivera", "March 4, 2018", "A-4471", "grade 3", "Sent by: e-mail; I keep a copy"),
)
TO_SCHOOL = (
    *COMMON,
    *("To: Dana Lee, case manager", "Alder Unified", "dlee@alder.example", "Copy: Pat Kim, principal"),
    *("Please answer in writing.", "Please write to me in Spanish", "interpreter", "translated papers"),
    "IEP dated: May 14, 2026",
)
QUOTED = "“30 minutes, 2 times a week, individual, in the therapy room”"
COUNTED = (
    *("not held: 3; cut short: 1", "105 of the 330 minutes", "Thu, Sep 10, 2026", "Tue, Sep 22, 2026"),
    *("Thu, Oct 1, 2026", "Tue, Oct 6, 2026: 15 of 30 minutes given", "the provider was out"),
    *("How I know: the school told me", "How I know: my child told me", "no reason given to me"),
    *("my child was absent: 2 (60 minutes)", "Sessions that were held in that time: 5"),
)
DONE = (
    *(
        "October 20, 2026, 8:30, by phone, Ms. Lee, case manager",
        "She will ask the district for a substitute",
    ),
    *("a call back", "October 27, 2026", "I sent this: records and service-log request"),
    *("an answer was due by Wednesday, October 28, 2026", "The school promised make-up time: 30 minutes"),
    *("November 24, 2026", "its service log, 9 rows"),
)
SAYS = {
    # 5.1
    "records_request": (
        *TO_SCHOOL,
        QUOTED,
        *("service or therapy log", "attendance list", "encounter or billing", "provider's schedule"),
        *("who stepped in", "make-up sessions", "progress reports and goal data"),
        *("kept as records", "list of the kinds of records", "and where they are"),
        *(
            "from August 20, 2026 to Monday, December 7, 2026",
            "as PDF",
            "An IEP meeting is planned for January 20",
        ),
        *("56504", "49069.7", "5 business days", "December 14, 2026", "without federal holidays"),
        *("December 15, 2026", "not be more than the cost of copying", "Fri, Nov 6, 2026"),
    ),
    # 5.2
    "written_notice": (
        *TO_SCHOOL,
        QUOTED,
        *COUNTED,
        *DONE,
        *("the first of them on Thursday, September 10, 2026", "32 percent of all minutes due", "39 percent"),
        *("from December 14, 2026", "plan in writing", "the name of the person who is responsible"),
        *(
            "If there is a reason that I do not know, please tell me",
            "January 8, 2027",
            "a courtesy; no law sets it",
        ),
        *("prior written notice", "34 CFR 300.503"),
    ),
    # 5.3
    "meeting_request": (
        *TO_SCHOOL,
        QUOTED,
        *COUNTED,
        *DONE,
        *("ask in writing for an IEP meeting", "who will give the service", "make-up time, with dates"),
        *("wording in the IEP that can be counted", "who gives it when the provider is out"),
        *("someone who can decide on staff", "the speech therapist's supervisor"),
        *("Mondays after 3 pm", "service log, with progress reports, before the meeting"),
        *("within 30 days", "between Monday, January 18, 2027 and Friday, January 22, 2027", "56343.5"),
        "beyond five school days not counted",
    ),
    "recording_notice": (
        *("at least 24 hours before the meeting", "audio recording", "January 20, 2027", "56341.1(g)(1)"),
        "openly",
    ),
    # 5.4 with 2.6
    "compliance_complaint": (
        *COMMON,
        QUOTED,
        *COUNTED,
        *DONE,
        *("California Department of Education", "1430 N Street", "fax 916-327-3704"),
        *("Copy, sent the same day: Alder Unified", "parent of Leonardo Rivera"),
        *("12 Oak Street, Alder, CA 95000", "Child's home address: 12 Oak Street"),
        *("failed to implement my child's IEP dated May 14, 2026", "34 CFR 300.323(c)(2)", "56344(b)"),
        *("34 CFR 300.153", "receive it by Monday, December 21, 2026", "within one year before that day"),
        *("nobody could be found", "105 minutes are made up", "by March 31, 2027", "whom the district names"),
        *("a plan for days when the provider is out", "a report to me and to you", "a monthly note to me"),
        *("the pages of the IEP", "an export of my log", "the letters I sent", "school's own service log"),
        *("Please look at this first", "November 5, 2026, Aide, all day: not held: the child was sent home"),
        *("on the same day, by e-mail, and keep the proof", "60 calendar days", "Signed by me"),
        "letters and calls in Spanish",
    ),
    "complaint_data_sheet": (
        *("California Department of Education", "Ana Rivera", "parent", "12 Oak Street", "ana@example.org"),
        *("Home address: 12 Oak Street", "March 4, 2018", "A-4471", "Grade: 3", "School: Alder Elementary"),
        *("District: Alder Unified", "IEP dated: May 14, 2026", QUOTED, "330, 165, 105", "3, 1"),
        *("105 minutes made up by March 31, 2027", "To Alder Unified on the same day, by e-mail"),
        *("Expected to be received by: Monday, December 21, 2026", "Signed by me", "sent home"),
        "a written plan, also for days when the provider is out",
    ),
    # 5.5
    "compensatory_education": (
        *TO_SCHOOL,
        QUOTED,
        *(one for one in COUNTED[2:-1]),
        *DONE,
        *(
            "I am asking the team to consider compensatory education",
            "minutes due: 330",
            "minutes given: 165",
        ),
        *("short on the school's side: 105", "How I counted", "began at 40 percent", "45 percent in October"),
        *("My own observation, as a parent: he is understood less", "amount: 105 minutes"),
        *("extra sessions during the school year", "qualified provider", "do not cost my child class time"),
        *("starting on January 11, 2027", "to be used by June 4, 2027", "no ride is needed"),
        *("in addition to the services of the current IEP", "written offer, or a prior written notice"),
        "34 CFR 300.151(b)(1)",
    ),
    # 5.6
    "confirm_conversation": (
        *COMMON,
        *("To: Ms. Lee, case manager", "Thank you for talking with me by phone on Tuesday, October 20, 2026"),
        *("She will ask the district", "a call back", "If I got any of this wrong, please tell me"),
        "Please answer in writing.",
    ),
    # 5.7
    "thank_you": (
        "Dear Ms. Lee",
        "Thank you for getting Speech-language therapy going",
        "held so far: 5",
        "Ana Rivera",
    ),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_field_of_the_notes_is_stated(name: str) -> None:
    text = " ".join(write(name, "es").school.text.split())
    assert [said for said in SAYS[name] if said not in text] == []


def test_what_is_not_known_is_left_out_and_a_role_stands_in() -> None:
    text = write("written_notice", "en", details={}, iep_dated=None, quoted=False).school.text
    assert "To: The case manager for Leonardo Rivera" in text
    assert "Copy: The principal, Alder Elementary" in text
    assert "says about Speech-language therapy: 30 minutes, Tuesday and Thursday." in text
    assert "with the next planned session" in text
    for gone in ("born", "grade", "student number", "IEP dated", "Sent by", "Spanish", "interpreter"):
        assert gone not in text


def test_only_urgent_days_ask_for_a_fast_answer() -> None:
    for name in ("compliance_complaint", "complaint_data_sheet"):
        assert "first, because" not in write(name, urgent=()).school.text
        assert "first, because" in write(name).school.text


def test_an_interpreter_is_asked_for_unless_they_say_no() -> None:
    assert "interpreter" in write("written_notice", "es", details={}).school.text
    text = write("written_notice", "es", details={"interpreter": "no"}).school.text
    assert "interpreter" not in text
    assert "Spanish" in text


@pytest.mark.parametrize(
    ("name", "empty"),
    [
        ("written_notice", {"rows": ()}),
        ("written_notice", {"every": ()}),
        ("compliance_complaint", {"rows": ()}),
        ("compensatory_education", {"every": ()}),
        ("confirm_conversation", {"contacts": ()}),
    ],
)
def test_what_a_letter_must_state_cannot_be_written_without_entries(
    name: str, empty: dict[str, object]
) -> None:
    write(name)
    with pytest.raises(LetterError):
        write(name, "en", **empty)


def test_an_item_without_entries_is_an_error_and_never_a_sentence() -> None:
    with pytest.raises(LetterError):
        write("written_notice", not_counted=(LeftOut("family", 2, 60, (3, 6)), LeftOut("grey", 1, 30, ())))


@pytest.mark.parametrize(
    "gone", ["held", "contacts", "steps", "passed", "make_ups", "school_log", "not_counted"]
)
def test_what_nothing_rests_on_is_left_out(gone: str) -> None:
    full, without = write("written_notice"), write("written_notice", "en", **{gone: ()})
    assert len(without.school.statements) < len(full.school.statements)
    assert len(without.school.text) < len(full.school.text)


def raised_in(writing: Writing) -> list[int]:
    found = re.findall("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", writing.text)
    return [int(one.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789"))) for one in found]


@pytest.mark.parametrize("name", NAMES)
def test_each_number_in_the_text_is_a_statement_with_entries_in_the_annex(name: str) -> None:
    letter = write(name, "es")
    numbers = [one.number for one in letter.school.statements]
    assert raised_in(letter.school) == numbers == list(range(1, len(numbers) + 1))
    assert all(one.entries for one in letter.school.statements)
    if not numbers:
        assert letter.annex == ()
        return
    statements, entries = (block for block in letter.annex if block.kind == "table")
    assert [row[0] for row in statements.rows] == [str(number) for number in numbers]
    assert tuple(int(row[0]) for row in entries.rows) == letter.entries
    for row in entries.rows:
        assert all(row), row  # number, day, recorded when, what it says


def test_the_annex_says_what_an_entry_corrects() -> None:
    log = {**given_facts.LOG, 8: replace(given_facts.LOG[8], supersedes=7, sessions=1, due_sessions=2)}
    text = whole(write("written_notice", log=log))
    assert "not held: the provider was out, 1/2; corrects entry 7" in text


DIGITS = re.compile(r"\d+")


def numbers_of(text: str) -> set[str]:
    return set(DIGITS.findall(text))


STATIC = {
    # What the law and the letters' own words bring along, whatever the log says.
    *numbers_of(" ".join(one.text for one in GUIDE.citations.values())),
    *numbers_of(" ".join(map(str, vars(GUIDE.places["cde"]).values()))),
    *("5", "30", "24", "60", "1"),
}


@settings(max_examples=some(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([name for name in NAMES if name not in ("confirm_conversation", "recording_notice")]),
    st.lists(st.integers(0, 4000), min_size=8, max_size=8),
    st.dates(date(2026, 9, 1), date(2027, 5, 1)),
)
def test_no_date_or_number_is_stated_that_is_not_in_the_facts(
    name: str, counts: list[int], day: date
) -> None:
    rows = tuple(replace(row, day=day) for row in given_facts.ROWS)
    changes: dict[str, object] = {
        "rows": rows,
        "misses": counts[0],
        "partials": counts[1],
        "minutes_expected": counts[2],
        "minutes_received": counts[3],
        "minutes_short": counts[4],
        "percent_of_all": counts[5] % 101,
        "percent_of_attended": counts[6] % 101,
        "sessions_held": counts[7],
    }
    facts: StepFacts = given_facts.facts(given_facts.DETAILS, **changes)
    allowed = STATIC | {str(value) for value in changes.values() if isinstance(value, int)}
    allowed |= numbers_of(repr(facts))
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", "", write_letter(GUIDE, name, "en", facts).school.text)
    stray = numbers_of(text) - allowed - {"415", "555", "0101"}
    assert stray == set(), stray
    stated = set(
        re.findall(
            r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
            r" \d+, \d{4}",
            text,
        )
    )
    known = {f"{one:%B} {one.day}, {one.year}" for one in days_in(facts)}
    assert stated <= known, stated - known


def days_in(facts: StepFacts) -> set[date]:
    text = repr(facts)
    return {
        date(int(y), int(m), int(d)) for y, m, d in re.findall(r"date\((\d{4}), (\d{1,2}), (\d{1,2})\)", text)
    } | {date.fromisoformat(one) for one in re.findall(r"'(\d{4}-\d\d-\d\d)'", text)}


@pytest.mark.parametrize("name", NAMES)
def test_an_unchanged_text_gives_the_same_blocks(name: str) -> None:
    school = write(name).school
    assert blocks_of(school.text, school) == school.blocks
    assert blocks_of(school.text.replace("\n", "\r\n") + "\r\n\r\n", school) == school.blocks


def test_a_changed_text_keeps_its_table_and_its_form() -> None:
    school = write("written_notice").school
    row = next(line for line in school.text.split("\n") if "Sep 22" in line)
    text = school.text.replace(row + "\n", "").replace("I am asking for", "I kindly ask for")
    blocks = blocks_of(text, school)
    tables = [block for block in blocks if block.kind == "table"]
    assert [len(table.rows) for table in tables] == [3]
    assert tables[0].head == next(block for block in school.blocks if block.kind == "table").head
    assert [block.kind for block in blocks] == [block.kind for block in school.blocks]
    changed = school.text.replace(row, row + " (changed)")
    kinds = [block.kind for block in blocks_of(changed, school)]
    assert kinds.count("table") == 2
    assert "(changed)" in "\n".join(block.text for block in blocks_of(changed, school))


@settings(max_examples=some(60), deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_blocks_and_loses_nothing(text: str) -> None:
    school = write("thank_you").school
    said = "".join(block.text for block in blocks_of(text, school))
    assert [c for c in said if c.isalnum()] == [c for c in text if c.isalnum()]


FAULTS = [
    ("us/letters/written_notice.es.toml", None, "us-ca/letters/written_notice.es.toml: is missing"),
    ("us/letters/written_notice.es.toml", ("title = ", "titel = "), "title: is missing"),
    (
        "us/letters/shared.en.toml",
        ('rests_on = "misses"\n[[counts]]', "[[counts]]"),
        "{{ misses }} is a fact of the log",
    ),
    (
        "us/letters/shared.en.toml",
        ('rests_on = "held"', 'rests_on = "misses"'),
        "{{ held }} is a fact of the log, so",
    ),
    ("us/letters/shared.en.toml", ('rests_on = "held"', 'rests_on = "luck"'), "'luck' is none of misses"),
    (
        "us/letters/shared.en.toml",
        ('each = "steps"', 'each = "contacts"'),
        'contacts has to rest on "contacts"',
    ),
    ("us/letters/shared.en.toml", ("{{ one.did }}", "{{ one.done }}"), "unknown placeholder {{ one.done }}"),
    ("us/letters/thank_you.en.toml", ("{{ parent }}", "{{ mother }}"), "unknown placeholder {{ mother }}"),
    ("us/letters/thank_you.en.toml", ("{{ parent }}", "{{ goals }}"), "is asked for by no letter here"),
    ("us/letters/written_notice.en.toml", ("{{ cite.notice }}", "{{ cite.notes }}"), "{{ cite.notes }}"),
    ("us/letters/meeting_request.en.toml", ("{{ say.meeting_clock }}", "{{ say.clock }}"), "{{ say.clock }}"),
    ("us/letters/meeting_request.en.toml", ('when = "agenda"', 'when = "agendum"'), "unknown name agendum"),
    (
        "us/letters/written_notice.en.toml",
        ('shared = "sessions"', 'shared = "sesions"'),
        "there is no shared part",
    ),
    ("us/letters/written_notice.en.toml", ('[[parts]]\nshared = "left_out"\n', ""), "part for part"),
    ("us/letters/written_notice.en.toml", ('body = "I am writing', 'bodi = "I am writing'), "no such key"),
    ("us/letters/thank_you.en.toml", ("{% endif %},", ","), "line 1"),
    (
        "us/letters/details.toml",
        ('kind = "choice"', 'kind = "pick"'),
        "expected one of text, date, choice, long",
    ),
    ("us/letters/details.toml", ('es = "Grado"', ""), "details.grade.es: is missing"),
    (
        "us/letters/details.toml",
        ('needs = ["full_name", "parent"]', 'needs = ["name"]'),
        "unknown detail name",
    ),
    (
        "us/letters/details.toml",
        ('home = "child.school"', 'home = "child.shoe"'),
        "expected one of child.full_name",
    ),
    ("us/letters/phrases.es.toml", ("ask_thanks", "ask_gracias"), "phrases.es.toml: ask_thanks: is missing"),
]


@pytest.mark.parametrize(("file", "change", "said"), FAULTS)
def test_each_fault_of_a_letter_is_a_line(
    tmp_path: Path, file: str, change: tuple[str, str] | None, said: str
) -> None:
    for folder in ("us", "us-ca"):
        shutil.copytree(Path(loader.__file__).parent / folder, tmp_path / folder)
    target = tmp_path / file
    if change is None:
        target.unlink()
    else:
        text = target.read_text()
        assert change[0] in text
        target.write_text(text.replace(*change))
    with pytest.raises(GuideError) as caught:
        load_guide("us-ca", tmp_path)
    assert any(said in line for line in caught.value.problems), caught.value.problems
    assert all("\n" not in line for line in caught.value.problems)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_to_the_provider_names_each_day_once_in_order(language: Language) -> None:
    days = [date(2026, 10, 6), date(2026, 9, 29), date(2026, 10, 6)]
    asked = ask_provider(GUIDE, language, child="Leo", service="speech", days=days, parent="Ana Rivera")
    lines = [line for line in asked.text.split("\n") if line.startswith("- ")]
    assert len(lines) == 2
    assert "29" in lines[0]
    assert "6" in lines[1]
    assert "Leo" in asked.subject
    assert asked.text.endswith("Ana Rivera\n")
    assert not HOLE.search(asked.text.replace(":\n", "\n"))
    assert not BANNED.search(asked.text)
    with pytest.raises(ValueError, match="at least one day"):
        ask_provider(GUIDE, language, child="Leo", service="speech", days=[], parent="Ana")


def test_the_facts_of_the_worked_example_add_up() -> None:
    facts = given_facts.FACTS
    left = sum(one.minutes for one in facts.not_counted)
    given = facts.minutes_received + facts.minutes_other + facts.minutes_short + left + facts.unlogged[1]
    assert given == facts.minutes_expected
    assert {row.outcome for row in facts.rows} == {Outcome.MISSED, Outcome.PARTIAL}
