"""Episodes of the past: simulated held against observed, one set of behavioural numbers for all."""

from simulator.validation.cases import Case, read_cases
from simulator.validation.episodes import judge, run_cases, simulate
from simulator.validation.held import Outcome, group_scores, overall

__all__ = ["Case", "Outcome", "group_scores", "judge", "overall", "read_cases", "run_cases", "simulate"]
