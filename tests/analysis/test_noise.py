"""The judge's part of an interval, against simulated judges whose noise is known."""

import numpy as np
import pandas as pd
import pytest

from clinical_r1.analysis.comparisons import paired
from clinical_r1.analysis.noise import judge_noise
from clinical_r1.analysis.sides import Rules, against_baseline
from clinical_r1.analysis.tables import groups
from clinical_r1.judging.draws import noise_of
from clinical_r1.metrics import METRICS
from clinical_r1.stats.resampling import Resampling
from tests.studies import responses, run, study

DRAWS, QUESTIONS, EPOCHS = 3, 150, 2
METRICS_HERE = [METRICS[key] for key in ("harm_any", "hallucination_rate")]


def judged(index: int, name: str, rng: np.random.Generator, chance: float) -> tuple[object, pd.DataFrame, float, float]:
    """A run that a noisy judge judged; the variances of its two figures by that noise, as they are in truth."""
    of, rows = run(index, name, grounding_judge="j (3 draws)"), QUESTIONS * EPOCHS
    yes = np.clip(np.repeat(rng.beta(2, 2, QUESTIONS), EPOCHS) + chance, 0.0, 1.0)  # of harm, response by response
    claims, rate = rng.integers(2, 9, rows), np.repeat(rng.uniform(0.1, 0.5, QUESTIONS), EPOCHS)
    harm = rng.binomial(1, yes, (DRAWS, rows)).astype(float)
    seen = rng.binomial(claims, 0.8, (DRAWS, rows)).astype(float)  # claims that the judge lists in a draw
    made_up = rng.binomial(seen.astype(int), rate).astype(float)
    drawn = [
        noise_of({"harm_any": h, "hallucination": m, "claims": c, "hallucination_rate": m / np.maximum(c, 1)})
        for h, m, c in zip(harm.T, made_up.T, seen.T, strict=True)
    ]
    columns = {f"{key}_noise": [one[key] for one in drawn] for key in drawn[0]}
    columns |= {"harm_any": harm.mean(0), "hallucination": made_up.mean(0), "claims": seen.mean(0)}
    columns |= {"hallucination_rate": made_up.mean(0) / seen.mean(0), "grounding_draws": np.full(rows, DRAWS)}
    frame = responses(of, [1] * rows, epochs=EPOCHS, grounding_reason=[None] * rows, **columns)
    pooled, size = (0.8 * claims * rate).sum() / (0.8 * claims).sum(), (0.8 * claims).sum()
    # of m - R c, where m is binomial of c and c of the claims
    linear = 0.8 * claims * rate * (1 - rate) + (rate - pooled) ** 2 * claims * 0.8 * 0.2
    return of, frame, (yes * (1 - yes)).sum() / DRAWS / rows**2, linear.sum() / DRAWS / size**2


def test_a_known_noise_is_found_in_figures_and_in_differences() -> None:
    found, true = [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        a, b = judged(0, "grpo", rng, 0.0), judged(1, "crpo", rng, -0.1)
        made = study([(a[0], a[1]), (b[0], b[1])])  # type: ignore[list-item]
        every = list(groups(made))
        comparisons = against_baseline(made, "grpo", Rules())[0]
        table = paired(comparisons, {one.run.index: one for one in every}, Resampling(resamples=20), METRICS_HERE)
        frame = judge_noise(every, comparisons, table).set_index(["of", "metric"])
        found.append(frame["noise"] ** 2)
        true.append([a[2], b[2], a[2] + b[2], a[3], b[3], a[3] + b[3]])
        whole = frame["standard_error"] ** 2
        assert np.allclose(frame["noise_share"], frame["noise"] ** 2 / whole)
        assert np.allclose(frame["one_draw_share"], DRAWS * frame["noise"] ** 2 / (whole + 2 * frame["noise"] ** 2))
    names = [(of, key) for key in ("harm_any", "hallucination_rate") for of in ("grpo", "crpo", "crpo − grpo")]
    mean = pd.concat(found, axis=1).mean(axis=1)[names].to_numpy()
    assert mean == pytest.approx(np.mean(true, axis=0), rel=0.05)


def test_a_judge_that_says_the_same_each_time_has_no_part_of_the_interval() -> None:
    of, values = run(0, "grpo", grounding_judge="j"), [1.0, 0.0, 1.0, 1.0]
    more = {"harm_any": values, "harm_any_noise": [0.0] * 4, "grounding_draws": [2.0] * 4}
    [row] = judge_noise(list(groups(study([(of, responses(of, [1] * 4, **more))]))), [], pd.DataFrame()).to_dict(
        "records"
    )
    assert (row["noise"], row["noise_share"], row["n"], row["value"]) == (0.0, 0.0, 4, 0.75)


def test_a_response_of_which_one_draw_was_read_has_the_noise_of_the_others() -> None:
    of = run(0, "grpo", grounding_judge="j")
    noise = [0.25, float("nan"), 0.0, 0.5]
    more = {"harm_any": [0.5, 1.0, 1.0, 0.5], "harm_any_noise": noise, "grounding_draws": [2.0] * 4}
    [row] = judge_noise(list(groups(study([(of, responses(of, [1] * 4, **more))]))), [], pd.DataFrame()).to_dict(
        "records"
    )
    assert row["noise"] ** 2 == pytest.approx((0.25 + 0.25 + 0.0 + 0.5) / 16)
