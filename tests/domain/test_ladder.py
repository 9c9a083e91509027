"""The ladder with its triggers and its non-triggers, each lived through the real rooms.

A family a row: speech on Thursdays from 3 September, a text each Thursday afternoon, and what the parent does
with a step. The exact list of steps and reminders is what the row says. The edges of each threshold, to the
day, are in tests/escalation/test_escalation_decide.py.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from assistant.conversation.marks import Act
from assistant.escalation.types import StepKey
from assistant.schedule.types import Exceptions, ServiceLine
from assistant.store import Case, Step
from tests.support.family import LA, slots
from tests.support.town import Town, afternoon

TUESDAY = datetime(2026, 9, 1, 8, tzinfo=LA)
UNTIL = date(2026, 11, 13)
SPEECH = ServiceLine("Speech-language therapy", "speech", 30, slots((3, 14, 0)))
TWICE = ServiceLine("Speech-language therapy", "speech", 30, slots((1, 14, 0), (3, 14, 0)))
FORTNIGHTLY = ServiceLine(
    "Speech-language therapy", "speech", 30, replace(slots((3, 14, 0)), every=2, anchor=date(2026, 9, 3))
)
AIDE = ServiceLine("One-to-one aide", "aide", 0, Exceptions(urgent=True))
THURSDAYS = [date(2026, 9, 3) + timedelta(weeks=n) for n in range(12)]
WORDS = {
    "held": "1",
    "out": "no, the therapist was out",
    "?": "not sure",
    "ill": "no, Leo was home sick",
    "refused": "no, he refused to go",
    "fire": "no, school closed because of smoke",
    "event": "no, there was an assembly",
    "test": "no, state testing",
    "short day": "no, minimum day",
    "group": "yes but in a group",
    "home": "no, the school sent him home",
    "15 min": "15 min only",
}
DONE: Mapping[StepKey, Act] = dict.fromkeys(StepKey, "done")
CHECK = "09-01 check_iep registered"


NOTHING: Mapping[StepKey, Act] = {}


@dataclass(frozen=True)
class Row:
    """What is told on the Thursdays, one word each ("-" is silence), and what else on other afternoons.

    A day after a step the parent does what `acts` says. `steps` are all that come, reminders too.
    """

    told: str
    steps: list[str]
    acts: Mapping[StepKey, Act] = field(default_factory=lambda: DONE)
    more: tuple[tuple[date, str], ...] = ()
    line: ServiceLine = SPEECH


def september(*told: tuple[int, str]) -> tuple[tuple[date, str], ...]:
    return tuple((date(2026, 9, day), text) for day, text in told)


UP_TO_NOTICE = [CHECK, "09-10 document misses_in_window", "09-17 written_notice misses_in_window"]
ROWS: dict[str, Row] = {
    "0 Set up: registration": Row("", [CHECK]),
    "1 Log: first school-side miss, no e-mail": Row("held, out, held", [CHECK]),
    "2 Ask: 2 school-side misses in 20 school days": Row(
        "held, out, held, 15 min", [CHECK, "09-24 document misses_in_window"]
    ),
    "2 Ask: not for 2 misses further apart": Row(
        "out, held, held, held, held, held, held, held, held, held, out", [CHECK]
    ),
    "2 Ask: 4 not sure in a row": Row("?, ?, ?, ?", [CHECK, "09-24 document unknowns_in_a_row"]),
    "2 Ask: 4 not sure in a row, an absence and silence between": Row(
        "?, ?, ill, ?, -, ?", [CHECK, "10-08 document unknowns_in_a_row"]
    ),
    "2 Ask: a not-sure streak goes no further": Row(
        "?, ?, ?, ?, ?, ?, ?, ?, ?, ?", [CHECK, "09-24 document unknowns_in_a_row"]
    ),
    "3 Notice: 3 misses": Row("out, out, out, held", UP_TO_NOTICE),
    "3 Notice: >=20 % of expected minutes over >=4 weeks": Row(
        "out, held, held, held, held, out, held",
        [
            CHECK,
            "10-08 document percent_short",
            "10-15 written_notice percent_short",
            "10-31 iep_meeting no_fix_after_notice",
        ],
    ),
    "3 Notice: no service for 10 school days": Row(
        "out, -, out",
        [CHECK, "09-17 document misses_in_window", "09-24 written_notice none_held"],
        acts={StepKey.DOCUMENT: "done", StepKey.WRITTEN_NOTICE: "not_now"},
        line=FORTNIGHTLY,
    ),
    "4 Meeting: no written fix within 10 school days; 5: meeting clock passed; 6: beside it": Row(
        "out, out, out",
        [
            *UP_TO_NOTICE,
            "10-03 iep_meeting no_fix_after_notice",
            "11-04 compliance_complaint meeting_overdue",
            "11-11 compensatory_education after_complaint",
        ],
    ),
    "4 Meeting: the school says it cannot": Row(
        "out, out, out",
        [*UP_TO_NOTICE, "09-24 iep_meeting school_said_no", "10-01 reminder of iep_meeting"],
        acts={StepKey.DOCUMENT: "done", StepKey.WRITTEN_NOTICE: "refused"},
    ),
    "5 Complaint: misses continue 4 weeks after step 3": Row(
        "out, out, out, out, out, out, out, out",
        [
            *UP_TO_NOTICE,
            "10-03 iep_meeting no_fix_after_notice",
            "10-22 compliance_complaint misses_go_on",
            "10-29 compensatory_education after_complaint",
        ],
    ),
    "6 Compensatory education: when service is restored": Row(
        "out, out, out, held, held, held",
        [*UP_TO_NOTICE, "10-08 resolved held_in_a_row", "10-15 compensatory_education short_when_restored"],
    ),
    "U Urgent: exclusion, any 1 event": Row("home", [CHECK, "09-03 urgent sent_home"]),
    "U Urgent: each event once": Row(
        "home, held, home",
        [CHECK, "09-03 urgent sent_home", "09-17 urgent sent_home", "09-18 document misses_in_window"],
    ),
    "U Urgent: aide, any 1 event": Row(
        "", [CHECK, "09-03 urgent urgent_line"], more=september((3, "no aide today")), line=AIDE
    ),
    "R Resolved: 3 delivered in a row": Row(
        "out, out, held, ill, held, held",
        [CHECK, "09-10 document misses_in_window", "10-08 resolved held_in_a_row"],
    ),
    "R Resolved: make-up done": Row(
        "out, out",
        [CHECK, "09-10 document misses_in_window", "09-17 resolved nothing_short"],
        more=september(
            (14, "they made up last thursday's session today"),
            (15, "they made up the september 3 session today"),
        ),
    ),
    "R Resolved: make-up done, though not sure of another": Row(
        "out, out, ?",
        [CHECK, "09-10 document misses_in_window", "09-22 resolved nothing_short"],
        more=september(
            (21, "they made up the september 10 session today"),
            (22, "they made up the september 3 session today"),
        ),
    ),
    "R Resolved: one make-up of two is not enough": Row(
        "out, out",
        [CHECK, "09-10 document misses_in_window"],
        more=september((14, "they made up last thursday's session today")),
    ),
    "R Resolved: the parent says so": Row(
        "out, out",
        [CHECK, "09-10 document misses_in_window", "09-17 resolved parent_says"],
        acts={StepKey.DOCUMENT: "resolved"},
    ),
    "R Resolved: the misses undone by FIX": Row(
        "-, out",
        [CHECK, "09-10 document misses_in_window", "09-17 resolved nothing_short"],
        more=september((8, "no, the therapist was out"), (11, "FIX"), (11, "1"), (11, "FIX speech tue yes")),
        line=TWICE,
    ),
    "R Resolved: one miss undone, no reminder for the other": Row(
        "-, out",
        [CHECK, "09-10 document misses_in_window"],
        acts=NOTHING,
        more=september((8, "no, the therapist was out"), (11, "FIX speech tue yes")),
        line=TWICE,
    ),
    "One step e-mail per line per 7 days at most": Row(
        "out, out, held, held, held",
        [
            CHECK,
            "09-08 document misses_in_window",
            "09-15 written_notice misses_in_window",
            "10-01 resolved held_in_a_row",
            "10-08 compensatory_education short_when_restored",
        ],
        more=september((8, "no, the therapist was out")),
        line=TWICE,
    ),
    "A step not acted on is reminded of once": Row(
        "out, out", [CHECK, "09-10 document misses_in_window", "09-17 reminder of document"], acts=NOTHING
    ),
    "Never past step 3 unasked": Row(
        "out, out, out, out, out, out, out, out, out, out",
        [
            *UP_TO_NOTICE,
            "09-24 reminder of written_notice",
            "10-15 written_notice new_misses_since",
            "11-12 written_notice new_misses_since",
        ],
        acts={StepKey.DOCUMENT: "done"},
    ),
    "Not a trigger: child absences": Row(", ".join(["ill"] * 10), [CHECK]),
    "Not a trigger: refusals": Row(", ".join(["refused"] * 10), [CHECK]),
    "Not a trigger: closures": Row(", ".join(["fire"] * 10), [CHECK]),
    "Not a trigger: silence": Row("", [CHECK]),
    "Not a trigger: 3 unknowns": Row("?, ?, ?", [CHECK]),
    "Not a trigger: assemblies": Row(", ".join(["event"] * 10), [CHECK]),
    "Not a trigger: testing": Row(", ".join(["test"] * 10), [CHECK]),
    "Not a trigger: one short day": Row("short day", [CHECK]),
    "Not a trigger: given, not as written": Row(", ".join(["group"] * 10), [CHECK]),
    "Not a trigger: all of these with one miss": Row(
        "out, ill, fire, -, refused, event, test, held, group, ?, short day", [CHECK]
    ),
}


@pytest.fixture(scope="module")
def town(shared: Path) -> Iterator[Town[str]]:
    town = Town[str].lived(shared, "ladder", TUESDAY, live)
    yield town
    town.store.close()


def live(town: Town[str]) -> None:
    """Everybody lives the autumn: mornings for what they do with a step, afternoons for what they text."""
    texts: dict[date, list[tuple[str, str]]] = {}
    for name, row in ROWS.items():
        town.move_in(name, [row.line])
        words = [
            (day, WORDS[word])
            for day, word in zip(THURSDAYS, filter(None, row.told.split(", ")), strict=False)
            if word != "-"
        ]
        for day, text in [*row.more, *words]:
            texts.setdefault(day, []).append((name, text))
    day = TUESDAY.date()
    while day < UNTIL:
        day += timedelta(days=1)
        town.until(afternoon(day) - timedelta(hours=6))
        decide_about_steps(town, day)
        town.until(afternoon(day))
        for name, text in texts.get(day, []):
            town.homes[name].say(text)
    town.until(afternoon(UNTIL))


def decide_about_steps(town: Town[str], today: date) -> None:
    """Each family does what its row says with a step that came before today."""
    names = {home.child_id: name for name, home in town.homes.items()}
    with town.store.read() as session:
        waiting = session.execute(
            select(Case.child_id, Step.key)
            .join(Case, Step.case_id == Case.id)
            .where(Step.state == "suggested", Step.suggested_on < today)
        ).all()
    for child_id, key in waiting:
        name = names[child_id]
        do = ROWS[name].acts.get(StepKey(key))
        if do:
            town.homes[name].act(StepKey(key), do)


@pytest.mark.parametrize("name", ROWS)
def test_the_row_as_a_family_lives_it(town: Town[str], name: str) -> None:
    found = []
    for step in town.homes[name].steps():
        found.append(f"{step.suggested_on:%m-%d} {step.key} {step.why['rule']}")
        if step.reminded_on:
            found.append(f"{step.reminded_on:%m-%d} reminder of {step.key}")
    assert sorted(found) == ROWS[name].steps


@pytest.mark.parametrize("name", ROWS)
def test_every_step_went_out_as_one_e_mail(town: Town[str], name: str) -> None:
    """One e-mail a step and one a reminder, never two ordinary ones within seven days."""
    home = town.homes[name]
    days = []
    for step in home.steps():
        days += [step.suggested_on] if step.key != StepKey.URGENT else []
        days += [step.reminded_on] if step.reminded_on else []
    assert len(home.step_mails()) == len(ROWS[name].steps)
    days.sort()
    assert all((after - before).days >= 7 for before, after in itertools.pairwise(days))


def test_two_misses_of_two_services_never_add_up(tmp_path: Path) -> None:
    town: Town[str] = Town.at(tmp_path, TUESDAY)
    other = ServiceLine("Occupational therapy", "OT", 30, slots((2, 10, 30)))
    home = town.move_in("both", [SPEECH, other])
    out = WORDS["out"]
    told = september((2, "1"), (3, out), (9, out), (10, "1"))
    town.lives([(day, "both", text) for day, text in told], until=date(2026, 9, 18))
    assert home.step_keys() == [StepKey.CHECK_IEP] * 2
    assert [len(home.facts(line).occasions) for line in (0, 1)] == [3, 3]
    town.store.close()
