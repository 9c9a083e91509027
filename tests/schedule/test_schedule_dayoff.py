"""Summaries of district calendars, each read as a person would."""

from __future__ import annotations

import pytest

from assistant.schedule.dayoff import Reading, reading


@pytest.mark.parametrize(
    "summary",
    [
        "No School",
        "NO SCHOOL!",
        "No School - Staff Development",
        "No school: Teacher Work Day",
        "Labor Day - No School",
        "Holiday",
        "Local Holiday",
        "Winter Break",
        "Spring Recess",
        "Thanksgiving Break (no school)",
        "Non-student day",
        "Non-Student Attendance Day",
        "Student Free Day",
        "Student-free",
        "Pupil Free Day",
        "Staff development (no pupils)",
        "Professional Development Day",
        "Staff Only Professional Development",
        "Teacher Workday",
        "Thanksgiving",
        "Day after Thanksgiving",
        "Labor Day",
        "Veterans Day",
        "Veteran's Day (Observed)",
        "Indigenous Peoples’ Day",
        "Martin Luther King, Jr. Day",
        "Presidents' Day",
        "Lincoln's Birthday",
        "Memorial Day",
        "Juneteenth",
        "New Year’s Day",
        "Snow Day",
        "School closed due to smoke",
        "Schools Closed",
        "No hay clases",
        "Día festivo",
        "Vacaciones de primavera",
        "Last day of Winter Break - no school",
    ],
)
def test_days_off(summary: str) -> None:
    assert reading(summary) is Reading.OFF


@pytest.mark.parametrize(
    "summary",
    [
        "School day - snow day makeup",
        "Snow Make-Up Day (no longer a holiday)",
        "Spring Break camp sign-up",
        "Minimum day before Thanksgiving Break",
        "Winter Break begins",
        "School resumes after Winter Break",
        "Students return from Spring Break",
        "Last day before winter recess",
        "Holiday concert",
        "Holiday Boutique",
        "Veterans Day assembly",
        "Thanksgiving feast",
        "Late start: professional development",
        "Early dismissal - staff development",
        "No School for Kindergarten",
        "No school - Grades 9-12",
        "No school (if needed for snow)",
        "Possible Snow Day",
        "Break packet due",
    ],
)
def test_doubtful_days_are_school_days_and_are_shown(summary: str) -> None:
    assert reading(summary) is Reading.DOUBTFUL


@pytest.mark.parametrize(
    "summary",
    [
        "",
        "Back to School Night",
        "First Day of School",
        "Last Day of School",
        "Minimum Day",
        "A Day",
        "Breakfast with the principal",
        "Breakout room night",
        "Board meeting",
        "Picture day",
        "Early Release",
        "Alternate Schedule",
        "Parent-Teacher Conferences",
        "Valentine's Day",
        "Preschool orientation",
    ],
)
def test_school_days(summary: str) -> None:
    assert reading(summary) is Reading.SCHOOL
