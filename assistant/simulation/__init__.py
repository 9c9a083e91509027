"""A scripted term, lived in virtual time."""

from assistant.simulation.run import simulate
from assistant.simulation.scenario import Scenario, ScenarioError, read_scenario
from assistant.simulation.transcript import transcript

__all__ = ["Scenario", "ScenarioError", "read_scenario", "simulate", "transcript"]
