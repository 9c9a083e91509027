"""A school's service log as schools write it: many forms, nothing guessed, nothing left out."""

from __future__ import annotations

from datetime import date
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evidence.school_dates import days_in, minutes_in, minutes_of_cell
from assistant.evidence.school_text import MAX_BYTES, MAX_ROWS, ReadError, as_csv, as_text, read, tidy
from assistant.evidence.school_words import status_of, ticked
from assistant.words import Cause

TUESDAY = date(2026, 9, 8)


DAYS = """9/8/2026|09/08/2026|9/8/26|09-08-26|9.8.2026|2026-09-08|2026/9/8|20260908|Sep 8 2026|Sept. 8, 2026|
September 8th, 2026|sep 8, 2026|8 Sep 2026|8-Sep-26|08-Sep-2026|8th of nothing, 9/8/2026|Tue 9/8/2026|
Tuesday, September 8, 2026|9/8/2026 2:00 PM|2026-09-08T14:00:00|2026-09-08 14:00:00.000|9/8/2026 0:00|Sep 8 '26"""


@pytest.mark.parametrize("text", [one.strip() for one in DAYS.split("|")])
def test_a_day_in_every_way_it_is_written(text: str) -> None:
    assert [one.day for one in days_in(text.strip())] == [TUESDAY]


@pytest.mark.parametrize("text", ["13/1/2026", "2/30/2026", "9/31/26", "0/8/2026", "2026-13-08", "9/8/1926"])
def test_what_is_no_day_the_american_way_is_none(text: str) -> None:
    assert [one.day for one in days_in(text)] in ([None], [])


@pytest.mark.parametrize(
    "text", ["1/2", "30 min", "room 12-3", "2:00-2:30", "goal 3.2.1", "(415) 555-2671", "K-5"]
)
def test_other_numbers_are_no_days(text: str) -> None:
    assert [one.day for one in days_in(text) if one.day] == []


def test_a_day_without_a_year_takes_it_from_the_days_the_log_covers() -> None:
    [one] = days_in("9/8")
    assert (one.day, one.year_missing) == (None, True)
    year = (date(2026, 8, 1), date(2027, 6, 30))
    assert [one.day for one in days_in("9/8 and Jan 5", *year)] == [TUESDAY, date(2027, 1, 5)]
    assert [one.day for one in days_in("9/8", date(2025, 9, 1), date(2026, 12, 31))] == [None]  # two fit


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("30 min", 30),
        ("30 mins.", 30),
        ("30 minutes", 30),
        ("30m", 30),
        ("0:30", 30),
        ("00:30:00", 30),
        ("1 hour", 60),
        ("0.5 hr", 30),
        (".75 hrs", 45),
        ("1 hr 15 min", 75),
        ("2 units", 30),
        ("1 unit", 15),
        ("2:00-2:30 PM", 30),
        ("2:00 PM - 2:30 PM", 30),
        ("14:00 to 14:25", 25),
        ("11:45-12:15", 30),
        ("12:45 - 1:15", 30),
        ("2-2:30pm", 30),
        ("2:00p-2:45p", 45),
        ("10:30 am until 11:00 am", 30),
        ("13:00:00 - 13:30:00", 30),
        ("30 min (2:00-2:30)", 30),
    ],
)
def test_minutes_in_every_way_they_are_written(text: str, minutes: int) -> None:
    told = minutes_in(text)
    assert told is not None
    assert told.minutes == minutes


@pytest.mark.parametrize(
    "text", ["2:00 PM", "at 14:00", "15 min of 30 min", "room 30", "no", "", "25:00-26:00", "3 of 10"]
)
def test_what_tells_no_minutes_tells_none(text: str) -> None:
    assert minutes_in(text) is None


def test_a_cell_of_minutes_needs_no_word() -> None:
    told = [minutes_of_cell(text) for text in ("30", "30.0", "1:30", "45 min", "", "n/a", "9999")]
    assert [one.minutes if one else None for one in told] == [30, 30, 90, 45, None, None, None]
    assert minutes_of_cell("2", units=True).minutes == 30  # type: ignore[union-attr]  # a number is one


GIVEN = """provided|Completed|served|attended|session held|delivered|Present|make-up session provided|made up|services rendered|
Provided - group|kept"""
NOT_GIVEN = {
    "student absent|Absent - Student|child was ill|Student No-Show|student unavailable": Cause.CHILD_ABSENT,
    "provider absent|therapist out sick|SLP out|Absence: provider|Provider unavailable|OT out": Cause.PROVIDER_ABSENT,
    "no sub|no provider available|vacancy": Cause.NO_PROVIDER,
    "IEP meeting|provider in meeting|SLP at training|not provided - staff meeting": Cause.STAFF_PULLED,
    "school closed|Holiday|snow day|non-student day|spring break|no school": Cause.CLOSURE,
    "testing|state testing|CAASPP": Cause.TESTING,
    "field trip|assembly|school event": Cause.SCHOOL_EVENT,
    "student refused|declined": Cause.CHILD_REFUSED,
    "not provided|Not Completed|cancelled|canceled|no show|missed|did not occur|unserved|absent|"
    "not held, to be made up|missed - make up needed": None,
}
UNCLEAR = """make-up|scheduled|pending|excused|SA|x|group|provided, student absent|make-up needed|other|to be provided|
student worked hard today on her sounds|parent called and said that he was doing well"""


@pytest.mark.parametrize("text", [one.strip() for one in GIVEN.split("|")])
def test_words_that_say_it_was_given(text: str) -> None:
    assert status_of(text).said == "given"


@pytest.mark.parametrize(
    ("text", "cause"),
    [(text.strip(), cause) for texts, cause in NOT_GIVEN.items() for text in texts.split("|")],
)
def test_words_that_say_it_was_not(text: str, cause: Cause | None) -> None:
    found = status_of(text)
    assert (found.said, found.cause) == ("not_given", cause)


@pytest.mark.parametrize("text", [one.strip() for one in UNCLEAR.split("|")])
def test_words_that_do_not_tell(text: str) -> None:
    assert status_of(text).said == "unclear"


@pytest.mark.parametrize(
    "text",
    [
        "articulation in sentences, missed 3 of 10 targets",
        "worked one to one since peer was absent today",
        "goal not met yet, 60 percent with cues provided",
        "practiced words for state testing with visual support",
    ],
)
def test_a_sentence_beside_minutes_says_nothing_against_them(text: str) -> None:
    assert status_of(text, minutes=30).said == "unclear"


@pytest.mark.parametrize(
    ("mark", "header", "said"),
    [
        ("Y", "provided", "given"),
        ("no", "attended y/n", "not_given"),
        ("✓", "completed", "given"),
        ("Y", "absent", "not_given"),
        ("N", "absent", "unclear"),
        ("Y", "status", "unclear"),
        ("Y", "missed", "not_given"),
    ],
)
def test_a_tick_says_what_its_header_says(mark: str, header: str, said: str) -> None:
    found = ticked(mark, header)
    assert found is not None
    assert found.said == said


def rows(text: str) -> list[tuple[int, str, str, int | None]]:
    return [(row.place, row.day.isoformat(), row.said, row.minutes) for row in read(tidy(text)).rows]


@pytest.mark.parametrize("divider", [",", "\t", ";", "|"])
@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Service Date,Minutes,Status", "9/8/2026,30,Provided"),
        ("Status,Date of Service,Duration", "Provided,2026-09-08,0:30"),
        ("Student,DOS,Start Time,End Time,Attendance", "L. R.,09-08-26,2:00 PM,2:30 PM,Present"),
        (
            "SERVICE_DATE,Entered Date,Time In,Time Out,Session Status",
            "9/8/2026,9/20/2026,14:00,14:30,Completed",
        ),
        ("Session Date,Scheduled Minutes,Actual Minutes,Outcome", "9/8/2026,45,30,Served"),
        ("date,Minutes Provided,Comments", "9/8/2026,30,worked on r"),
        ("Provider,Date,Units,Provided?", "Lee,9/8/2026,2,Y"),
        ("Date,Time,Notes,Delivered (Y/N)", "9/8/2026,2:00-2:30 pm,sounds,yes"),
        ("Date of Birth,Service Date,Length of Session,Status", "1/2/2018,9/8/2026,30 minutes,given"),
    ],
)
def test_columns_are_known_in_any_order_and_by_many_names(divider: str, header: str, row: str) -> None:
    text = f"Alder Unified\n\n{header}\n{row}\n".replace(",", divider)
    assert rows(text) == [(4, "2026-09-08", "given", 30)]


def test_a_table_with_quotes_line_feeds_and_totals() -> None:
    text = (
        '"Service Date","Status","Reason","Minutes","Notes"\n'
        '"9/8/2026","Provided","","30","Said ""r"", twice\nin a row"\n'
        '"9/10/2026","Not Provided","Provider Absent","30",""\n'
        '"Service Date","Status","Reason","Minutes","Notes"\n'
        ",,,,\n"
        '"9/15/2026","","Student absent","",""\n'
        "Total,,,60,\n"
        "soon,Provided,,30,\n"
    )
    found = read(tidy(text))
    assert [(row.place, row.said, row.minutes, row.cause) for row in found.rows] == [
        (2, "given", 30, None),
        (4, "not_given", None, Cause.PROVIDER_ABSENT),
        (7, "not_given", None, Cause.CHILD_ABSENT),
    ]
    assert [(one.place, one.reason) for one in found.unread] == [(8, "no_date"), (9, "no_date")]
    assert found.columns["Reason"] == "reason"


def test_lines_of_text_are_read_one_by_one() -> None:
    text = (
        "Speech log for September\n"
        "9/8/2026 30 min provided\n"
        "9/10/2026 2:00-2:30 student absent\n"
        "\n"
        "-----\n"
        "9/15/2026 to 9/17/2026 provided\n"
        "9/17 30 provided\n"
        "2/30/2026 30 min provided\n"
        "9/22/2026, 30\n"
        "9/24/2026\tgroup\t25\tcompleted\n"
        "9/29/2026 room 30 articulation drills and carrier phrases with moderate cues\n"
    )
    found = read(tidy(text))
    assert [(row.place, row.said, row.minutes, row.bare) for row in found.rows] == [
        (2, "given", 30, False),
        (3, "not_given", None, False),
        (9, "unclear", 30, True),
        (10, "given", 25, False),
        (11, "unclear", None, False),
    ]
    assert [(one.place, one.reason) for one in found.unread] == [
        (1, "no_date"),
        (6, "two_dates"),
        (7, "no_year"),
        (8, "no_such_date"),
    ]
    assert [row.said for row in found.with_bare_given().rows] == [
        "given",
        "not_given",
        "given",
        "given",
        "unclear",
    ]


def test_zero_minutes() -> None:
    assert rows("Date,Minutes provided\n9/8/2026,0\n9/10/2026,") == [
        (2, "2026-09-08", "not_given", None),
        (3, "2026-09-10", "unclear", None),
    ]
    assert rows("Date,Minutes,Status\n9/8/2026,0,Provided") == [(2, "2026-09-08", "unclear", 0)]


def test_units_are_told() -> None:
    assert read("Date,Units,Status\n9/8/2026,2,Provided").units
    assert not read("Date,Minutes,Status\n9/8/2026,30,Provided").units


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_odd_encodings(encoding: str) -> None:
    text = as_text("Date,Minutes,Status,Notes\r\n9/8/2026,30,Provided,niño said “r”\r\n".encode(encoding))
    assert [(row.said, row.minutes) for row in read(text).rows] == [("given", 30)]
    assert "niño" in text


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"PK\x03\x04 a workbook", "not_text"),
        (b"%PDF-1.7", "not_text"),
        (b"x" * (MAX_BYTES * 2 + 1), "too_large"),
    ],
)
def test_what_is_no_text_is_said_to_be_none(data: bytes, key: str) -> None:
    with pytest.raises(ReadError) as caught:
        as_text(data)
    assert caught.value.key == key


def test_limits() -> None:
    for text, key in (
        (" \n ", "empty"),
        ("9/8/2026 30 min provided\n" * (MAX_ROWS + 1), "too_many_rows"),
        ("x" * (MAX_BYTES + 1), "too_large"),
    ):
        with pytest.raises(ReadError) as caught:
            read(text)
        assert caught.value.key == key
    assert len(read(tidy("9/8/2026 30 min provided\n" * MAX_ROWS)).rows) == MAX_ROWS


@pytest.mark.parametrize(
    "filler", ["1", " ", "the ", "did not ", "1:00-", "provided a ", ",", "\t", "'", "Sep "]
)
def test_a_line_made_to_be_slow_is_read_soon(filler: str) -> None:
    start = perf_counter()
    read(tidy(f"9/8/2026 {filler * (1_900 // len(filler))}x\n" * 10))
    assert perf_counter() - start < 5  # it takes a tenth of a second; what tries every way takes minutes


def test_an_open_quote_does_not_swallow_the_rest() -> None:
    assert len(read('Date,Minutes,Notes\n9/8/2026,30,"open\n9/10/2026,30,x').rows) == 2


def test_typed_rows_are_read_as_they_were_typed() -> None:
    text = as_csv([("2026-09-08", "given", "30", ""), ("2026-09-10", "not given", "", "provider absent")])
    assert [(row.said, row.minutes, row.note) for row in read(text).rows] == [
        ("given", 30, "given"),
        ("not_given", None, "not given, provider absent"),
    ]


_PIECES = st.sampled_from(
    ["9/8/2026", "Sep 8", "2:00-2:30", "30 min", "provided", "student absent", "\t", ",", ";", '"', "\n", "Date", "Status",
     "Minutes", "0:30", "99:99", "2 units", "İ", "①", "٣", "make-up", "\x00", "\u2028", "no", "|", "'", "-", "3000-13-45"]
)  # fmt: skip


@given(
    st.one_of(
        st.text(max_size=300), st.lists(_PIECES, max_size=60).map(" ".join), st.lists(_PIECES).map("".join)
    )
)
def test_no_text_raises_anything_but_a_read_error(text: str) -> None:
    try:
        found = read(tidy(text))
    except ReadError:
        return
    lines = tidy(text).count("\n") + 1
    for row in found.rows:
        assert 1 <= row.place <= lines
        assert row.minutes is None or 0 <= row.minutes <= 600
        assert row.said in ("given", "not_given", "unclear")
        assert row.said == "unclear" or not row.bare


@given(st.binary(max_size=400))
def test_no_file_raises_anything_but_a_read_error(data: bytes) -> None:
    try:
        read(as_text(data))
    except ReadError:
        return


@given(
    st.lists(
        st.tuples(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(5, 120), st.booleans()),
        min_size=1,
    ),
    st.sampled_from(["%m/%d/%Y", "%Y-%m-%d", "%b %d %Y", "%m-%d-%y", "%d %B %Y"]),
    st.sampled_from([",", "\t", ";"]),
)
def test_what_was_written_is_read_again(rows_: list[tuple[date, int, bool]], form: str, divider: str) -> None:
    lines = [
        divider.join((day.strftime(form), str(minutes), "Provided" if given_ else "Student absent"))
        for day, minutes, given_ in rows_
    ]
    text = "\n".join([divider.join(("Date", "Minutes", "Status")), *lines])
    assert [(row.day, row.minutes, row.said) for row in read(text).rows] == [
        (day, minutes if given_ else None, "given" if given_ else "not_given")
        for day, minutes, given_ in rows_
    ]
