"""What Inspect finds through the package's entry point: tasks, solver, scorer, metrics and the embedded models."""
# ruff: noqa: F401  (to be imported is to be registered)

from clinical_r1.baselines import baselines
from clinical_r1.evals.early import early
from clinical_r1.evals.evidence import evidence
from clinical_r1.evals.hints import hints
from clinical_r1.evals.judge_bench import judge_bench
from clinical_r1.evals.mcq import mcq
from clinical_r1.evals.medmcqa import medmcqa
from clinical_r1.evals.medqa import medqa
from clinical_r1.evals.medxpertqa import medxpertqa
from clinical_r1.evals.twins import twins
from clinical_r1.judges.behaviours import behaviours
from clinical_r1.judges.grounding import grounding
from clinical_r1.judges.world_truth import world_truth
from clinical_r1.scorers import answer, majority
from clinical_r1.solvers import ask
