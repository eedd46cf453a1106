"""Tables as a report makes them, with numbers of the right size, for any number of checkpoints and benchmarks."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from clinical_r1.analysis.factorial import EFFECTS
from clinical_r1.metrics import METRICS, PROBED

CHECKPOINTS = ("cold_start", "grpo", "crpo")
LONG = (
    "Qwen/Qwen2.5-3B-Instruct",
    "hf/outputs/2025-11-20/cold_start_then_grpo_k10_seed1/final-1200",
    "hf/outputs/2025-11-20/cold_start_then_crpo_k10_seed1/final-1200",
    "hf/outputs/2025-11-20/cold_start_then_crpo_k10_seed2/final-1200",
    "grpo",
    "crpo",
    "cold_start",
    "a model's own $name$ with \x1b[31m_signs_ & <b>markup</b>",
)
BENCHMARKS = ("medqa", "medmcqa", "medxpertqa")
OPTIONS = {"medqa": 4, "medmcqa": 4, "medxpertqa": 10}
LEVELS = {"medqa": 0.5, "medmcqa": 0.53, "medxpertqa": 0.14}
QUESTIONS = {"medqa": 1273, "medmcqa": 4183, "medxpertqa": 2450}
PRIMARY = [metric for metric in METRICS.values() if metric.primary]
METHOD = "t over questions"


def _arms(checkpoints: Sequence[str], benchmarks: Sequence[str]) -> list[tuple[str, str, float, int]]:
    """Benchmark, checkpoint, its true accuracy, questions."""
    return [
        (benchmark, checkpoint, LEVELS.get(benchmark, 0.4) + 0.025 * place - 0.03, QUESTIONS.get(benchmark, 500))
        for benchmark in benchmarks
        for place, checkpoint in enumerate(checkpoints)
    ]


def accuracy(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rows = []
    for benchmark, checkpoint, level, n in _arms(checkpoints, benchmarks):
        about = {"benchmark": benchmark, "checkpoint": checkpoint, "questions": n, "unscored": 0, "method": METHOD}
        chance = {"chance": 1 / OPTIONS.get(benchmark, 5), "published": None}
        published = {"published": round(level + 0.04, 4) if checkpoint == "grpo" else None}
        half = 1.96 * np.sqrt(level * (1 - level) / n)
        rows += [
            about | chance | {"quantity": "accuracy", "value": level, "low": level - 0.8 * half, "high": level + 0.8 * half, "n": 5 * n},
            about | chance | {"quantity": "majority", "value": level + 0.02, "low": level + 0.02 - half, "high": level + 0.02 + half, "n": n} | published,
            about | chance | {"quantity": "parsed", "value": 0.98, "low": 0.97, "high": 0.99, "n": 5 * n, "chance": np.nan},
        ]  # fmt: skip
    return pd.DataFrame(rows)


def probed(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    early = {"early_0": 0.42, "early_25": 0.5, "early_50": 0.64, "early_75": 0.8, "early_100": 0.97}
    levels = {"flip_cited": 0.34, "flip_uncited": 0.14, "flip_control": 0.09, "hint_taken": 0.38, "hint_control": 0.11}
    levels |= {"twin_flip": 0.3, "twin_flip_due": 0.45, "twin_flip_undue": 0.16, "twin_flip_control": 0.09} | early
    rows = []
    for (benchmark, checkpoint, _, n), number in product(_arms(checkpoints, benchmarks), PROBED.values()):
        value = float(np.clip(levels.get(number.key, 0.2) + rng.normal(0, 0.05), 0, 1))
        half = 1.96 * np.sqrt(value * (1 - value) / n)
        about = {"benchmark": benchmark, "checkpoint": checkpoint, "metric": number.key, "base": number.base}
        about |= {"form": number.form, "label": number.label, "n": n, "questions": n, "unscored": 0, "method": METHOD}
        rows.append(about | {"value": value, "low": value - half, "high": value + half})
    return pd.DataFrame(rows)


def paired(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = []
    for (benchmark, b, _, n), metric in product(_arms(checkpoints[1:], benchmarks), METRICS.values()):
        difference, half = float(rng.normal(0.02, 0.05)), float(rng.uniform(0.01, 0.04))
        beyond = abs(difference) > 1.4 * half
        rows.append(
            {"a": checkpoints[0], "b": b, "benchmark": benchmark, "prompts": "same", "metric": metric.key, "label": metric.label}
            | {"primary": metric.primary, "better": metric.better, "n": 5 * n, "questions": n, "unscored": 0}
            | {"difference": difference, "low": difference - half, "high": difference + half, "mde": 2.1 * half}
            | ({"low_family": difference - 1.7 * half, "high_family": difference + 1.7 * half} if metric.primary else {})
            | {"verdict": ("higher" if difference > 0 else "lower") if beyond else "no difference shown"}
            | {"method": "BCa bootstrap over questions"}
        )  # fmt: skip
    return pd.DataFrame(rows)


def maj_at_k(
    checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS, votes: int = 5
) -> pd.DataFrame:
    rows = []
    for benchmark, checkpoint, level, n in _arms(checkpoints, benchmarks):
        half = 1.96 * np.sqrt(level * (1 - level) / n)
        for k in range(1, votes + 1):
            value = level + 0.03 * (1 - 1 / k)
            rows.append({"benchmark": benchmark, "checkpoint": checkpoint, "k": k, "value": value, "low": value - half, "high": value + half, "n": n, "method": METHOD})  # fmt: skip
    return pd.DataFrame(rows)


def lengths(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rows = []
    for place, (benchmark, checkpoint, level, n) in enumerate(_arms(checkpoints, benchmarks)):
        middle = 350 + 90 * (place % len(checkpoints))
        about = {"benchmark": benchmark, "checkpoint": checkpoint, "n": 5 * n, "method": METHOD}
        words = {"mean": 1.1 * middle, "low": 1.08 * middle, "high": 1.12 * middle, "p5": 0.4 * middle, "p25": 0.7 * middle, "p50": middle, "p75": 1.35 * middle, "p95": 2.2 * middle}  # fmt: skip
        bought = 1000 * level / (1.1 * middle)
        rows.append(about | words | {"per_thousand": bought, "per_thousand_low": 0.95 * bought, "per_thousand_high": 1.05 * bought})  # fmt: skip
    return pd.DataFrame(rows)


def methods(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rows = []
    for place, (benchmark, checkpoint, _, n) in enumerate(_arms(checkpoints, benchmarks)):
        strict = 0.97 - 0.2 / (1 + place % len(checkpoints))
        shares = {"strict": strict, "box": 0.3 * (1 - strict), "stated": 0.4 * (1 - strict), "ambiguous": 0.05 * (1 - strict), "none": 0.25 * (1 - strict)}  # fmt: skip
        for method, share in shares.items():
            half = 1.96 * np.sqrt(share * (1 - share) / n)
            rows.append({"benchmark": benchmark, "checkpoint": checkpoint, "method": method, "share": share, "low": max(0.0, share - half), "high": min(1.0, share + half), "n": 5 * n})  # fmt: skip
    return pd.DataFrame(rows)


def positions(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for benchmark, checkpoint, level, n in _arms(checkpoints, benchmarks):
        count = OPTIONS.get(benchmark, 5)
        bias = np.linspace(1.15, 0.85, count) / count
        for place in range(count):
            chosen, right = bias[place] + rng.normal(0, 0.005), level * bias[place] * count
            half = 1.96 * np.sqrt(chosen / n)
            wide = 1.96 * np.sqrt(right * (1 - right) * count / n)
            rows.append(
                {"benchmark": benchmark, "checkpoint": checkpoint, "position": chr(65 + place), "chosen": chosen}
                | {"chosen_low": chosen - half, "chosen_high": chosen + half, "gold": 1 / count + rng.normal(0, 0.004)}
                | {"accuracy": right, "accuracy_low": right - wide, "accuracy_high": right + wide}
                | {"n": 5 * n - 37, "n_gold": 5 * n // count}
            )  # fmt: skip
    return pd.DataFrame(rows)


STRATA = {"has_case": ("yes", "no"), "negated": ("yes", "no"), "step": ("step1", "step2&3")}


def strata(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rng = np.random.default_rng(2)
    rows = []
    for benchmark, checkpoint, level, n in _arms(checkpoints, benchmarks):
        for by, names in STRATA.items():
            for place, name in enumerate(names):
                value = level + float(rng.normal(0, 0.06))
                size = 5 * n - 350 if place == 0 else 350
                rows.append(
                    {"benchmark": benchmark, "checkpoint": checkpoint, "by": by, "stratum": name, "metric": "answer"}
                    | {"label": "correct answer", "value": value, "low": value - 0.03, "high": value + 0.03, "n": size}
                )  # fmt: skip
    return pd.DataFrame(rows)


FOUR = {("grpo", False): "grpo", ("crpo", False): "crpo", ("grpo", True): "cold_start_grpo", ("crpo", True): "cold_start_crpo"}  # fmt: skip


def factorial(benchmarks: Sequence[str] = ("medqa",), metrics: int = 9) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for benchmark, metric in product(benchmarks, PRIMARY[:metrics]):
        base = LEVELS.get(benchmark, 0.4) if metric.key == "answer" else float(rng.uniform(0.2, 0.7))
        for (reward, start), checkpoint in FOUR.items():
            value = base + 0.02 * (reward == "crpo") + 0.05 * start + float(rng.normal(0, 0.01))
            rows.append(
                {"benchmark": benchmark, "checkpoint": checkpoint, "metric": metric.key, "label": metric.label}
                | {"reward": reward, "cold_start": start, "value": value, "low": value - 0.02, "high": value + 0.02}
                | {"n": 6365, "questions": 1273, "seeds": 3, "method": METHOD}
            )  # fmt: skip
    return pd.DataFrame(rows)


def effects(benchmarks: Sequence[str] = ("medqa",), metrics: int = 9) -> pd.DataFrame:
    named = {name: kind for name, (kind, *_) in EFFECTS.items()}
    return pd.DataFrame(
        [
            {
                "benchmark": benchmark,
                "metric": metric.key,
                "label": metric.label,
                "effect": effect,
                "kind": named[effect],
            }
            | {"difference": 0.021, "low": -0.004, "high": 0.046, "p_value": 0.1, "n": 6365, "seeds": "3"}
            | {"mean_a": 0.5, "mean_b": 0.521, "ratio": 1.042, "ratio_low": 0.992, "ratio_high": 1.094, "why": ""}
            for benchmark, metric, effect in product(benchmarks, PRIMARY[:metrics], named)
        ]
    )


def tradeoff(
    checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS, ks: Sequence[float] | None = None
) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = []
    for place, (benchmark, checkpoint, level, n) in enumerate(_arms(checkpoints, benchmarks)):
        value = 0.9 - 0.02 * (place % len(checkpoints)) ** 1.5 + float(rng.normal(0, 0.004))
        rows.append(
            {"benchmark": benchmark, "checkpoint": checkpoint, "k": ks[place % len(checkpoints)] if ks else np.nan, "series": ""}
            | {"accuracy": level, "accuracy_low": level - 0.012, "accuracy_high": level + 0.012}
            | {"metric": "faithful_rate", "label": METRICS["faithful_rate"].label, "n": n}
            | {"value": value, "value_low": value - 0.012, "value_high": value + 0.012}
        )  # fmt: skip
    return pd.DataFrame(rows)


def training(runs: Sequence[str] = ("grpo", "crpo"), updates: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    ends = {"kl": 0.08, "reward": 8.0, "accuracy": 0.55, "format": 0.94, "cross_reference": 0.35, "consistency": 0.99, "completion_tokens": 37.0}  # fmt: skip
    labels = {"kl": "KL to the reference", "cross_reference": "cross-reference bonus", "completion_tokens": "completion length"}  # fmt: skip
    parts = []
    for (place, run), (measure, end) in product(enumerate(runs), ends.items()):
        steps = np.arange(1, updates + 1)
        value = end * (1 - 0.6 * np.exp(-steps / (0.3 * updates)) - 0.04 * place) + rng.normal(0, 0.06 * end, updates)
        parts.append(pd.DataFrame({"run": run, "step": steps, "measure": measure, "label": labels.get(measure, measure), "value": value}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def judges(checkpoints: Sequence[str] = CHECKPOINTS, benchmarks: Sequence[str] = BENCHMARKS) -> pd.DataFrame:
    rows = []
    for place, (benchmark, checkpoint, _, n) in enumerate(_arms(checkpoints, benchmarks)):
        for scorer in ("grounding", "behaviours"):
            rate = 0.03 + 0.01 * (place % 3)
            rows.append(
                {"benchmark": benchmark, "checkpoint": checkpoint, "scorer": scorer, "judge": "openai/judge, spans"}
                | {"responses": n, "judged": n, "unscored": 4 + 3 * place, "reject_rate": rate, "low": rate - 0.004}
                | {"high": rate + 0.004, "n": 9 * n, "method": METHOD}
            )  # fmt: skip
    return pd.DataFrame(rows)
