"""What a scenario's family has told for letters: checked by the guide's own questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.simulation.scenario import ScenarioError, read_scenario

FALL = Path("examples/fall-2026.toml")


def test_the_shipped_term_tells_what_its_letters_need() -> None:
    told = {family.id: dict(family.details) for family in read_scenario(FALL).families}
    assert told["rivera"]["birth_date"] == "2018-03-04"
    assert told["rivera"]["delivery"] == "email"
    assert set(told["chen"]) == {"child_address", "parent_address", "student_number", "grade"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("shoe_size = 3", "shoe_size"),
        ('birth_date = "soon"', "birth_date"),
        ('delivery = "pigeon"', "expected email, mail, hand, fax"),
        ('school = "Elsewhere"', "school"),
    ],
)
def test_each_wrong_detail_is_a_line(tmp_path: Path, line: str, said: str) -> None:
    text = FALL.read_text().replace('grade = "3"', line, 1).replace("birth_date = 2018-03-04\n", "", 1)
    text = text.replace('delivery = "email"\n', "", 1)
    (tmp_path / "fall-2026.toml").write_text(text)
    (tmp_path / "fall-2026").symlink_to((FALL.parent / "fall-2026").resolve())
    with pytest.raises(ScenarioError) as caught:
        read_scenario(tmp_path / "fall-2026.toml")
    assert any("families[0].details" in one and said in one for one in caught.value.problems)
