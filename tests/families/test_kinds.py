"""What kind of service a line is, by its words."""

from __future__ import annotations

import pytest

from assistant.families.kinds import KINDS, kind_of

TIMES = {"form": "times", "times": [], "every": 1, "anchor": None}


@pytest.mark.parametrize(
    ("name", "alias", "kind"),
    [
        ("Speech-language therapy", "speech", "speech"),
        ("Terapia de habla y lenguaje", "habla", "speech"),
        ("Language and Speech (415)", "LAS", "speech"),
        ("Terapia para el lenguaje", "t", "speech"),
        ("Occupational therapy", "OT", "occupational_therapy"),
        ("Terapia ocupacional", "manos", "occupational_therapy"),
        ("O.T., sensory breaks", "x", "occupational_therapy"),
        ("Physical therapy, consult with the teacher", "PT consult", "physical_therapy"),
        ("Terapia física", "física", "physical_therapy"),
        ("Adapted physical education", "APE", "other"),
        ("Individual counseling", "counseling", "counseling"),
        ("Mental health services", "talk", "counseling"),
        ("Consejería", "consejería", "counseling"),
        ("Specialized academic instruction", "reading", "instruction"),
        ("Instrucción académica especializada", "RSP", "instruction"),
        ("One-to-one aide", "aide", "aide_nurse_transport"),
        ("Behavior aide", "B", "aide_nurse_transport"),
        ("Health services: nursing", "nurse", "aide_nurse_transport"),
        ("Transporte en autobús", "bus", "aide_nurse_transport"),
        ("Extra time on tests", "time", "accommodation"),
        ("Help with transition to work", "work", "other"),
        ("Tuesday mornings with Ms. Lee", "OT", "occupational_therapy"),
        ("", "", "other"),
    ],
)
def test_a_line_is_what_its_name_says(name: str, alias: str, kind: str) -> None:
    assert kind in KINDS
    assert kind_of(name, alias, TIMES) == kind


def test_what_is_counted_by_exceptions_or_occasions_is_so_whatever_its_name() -> None:
    assert (
        kind_of("Speech device", "device", {"form": "exception", "urgent": False}) == "aide_nurse_transport"
    )
    assert kind_of("Reading aloud on tests", "tests", {"form": "accommodation"}) == "accommodation"
