"""The benchmark's scoring: by hand, and against what was published."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from bench._nab import folder
from longshore.engine.detecting.scoring import (
    ScoredSeries,
    Weights,
    best_outcome,
    normalised,
    outcome_at,
    probation,
    row_values,
)

PROFILES = {
    "standard": Weights(),
    "reward_low_FP_rate": Weights(false_alarm=0.22),
    "reward_low_FN_rate": Weights(miss=2.0),
}
PUBLISHED_TOGETHER = [
    "ARTime",
    "contextOSE",
    "earthgeckoSkyline",
    "expose",
    "null",
    "numenta",
    "numentaTM",
    "randomCutForest",
    "relativeEntropy",
    "skyline",
]


def _sigmoid(position: float) -> float:
    return 2 / (1 + math.exp(5 * position)) - 1


def _alarms(rows: int, *at: int) -> np.ndarray:
    scores = np.zeros(rows)
    scores[list(at)] = 1.0
    return scores


def test_row_values_by_hand() -> None:
    """Before a window -0.11; in it from 1 falling to its last row; behind it rising cost, full from three widths on."""
    values = row_values(100, ((20, 29),), Weights())
    assert values[0] == pytest.approx(-0.11)
    assert values[20] == pytest.approx(1.0)
    assert values[25] == pytest.approx(_sigmoid(-0.5) / _sigmoid(-1.0))
    assert values[29] == pytest.approx(_sigmoid(-0.1) / _sigmoid(-1.0))
    assert values[30] == pytest.approx(0.11 * _sigmoid(1 / 9))
    assert values[29 + 27] == pytest.approx(0.11 * _sigmoid(3.0))
    assert values[29 + 28] == pytest.approx(-0.11)


def test_a_series_by_hand() -> None:
    """One early hit, one late, one missed window and two false alarms add up as on paper."""
    series = [ScoredSeries(_alarms(1000, 200, 300, 405, 409, 995), ((400, 409), (600, 609)))]
    outcome = outcome_at(series, Weights(), 0.5)
    hit = _sigmoid(-0.5) / _sigmoid(-1.0)
    raw = hit - 1.0 - 0.11 * 2 - 0.11
    assert outcome.raw == pytest.approx(raw)
    assert outcome.score == pytest.approx(100 * (raw + 2) / 4)
    assert (outcome.windows_found, outcome.false_alarms) == (1, 3)


def test_the_first_15_percent_do_not_count() -> None:
    """Alarms in the probation cost nothing, and it never lasts longer than 750 rows."""
    assert (probation(1000), probation(4032), probation(22695)) == (150, 604, 750)
    assert outcome_at([ScoredSeries(_alarms(1000, 10, 149), ())], Weights(), 0.5).raw == 0.0
    assert outcome_at([ScoredSeries(_alarms(1000, 150), ())], Weights(), 0.5).raw == pytest.approx(-0.11)


def test_one_threshold_for_all_series() -> None:
    """The best threshold is that of the sum: a loud false alarm elsewhere is outweighed by two quieter hits."""
    loud, quiet = np.zeros(1000), np.zeros(1000)
    loud[700], quiet[500], quiet[800] = 3.0, 2.0, 2.0
    both = [ScoredSeries(loud, ()), ScoredSeries(quiet, ((500, 549), (800, 849)))]
    outcome = best_outcome(both, Weights())
    assert outcome.threshold == 2.0
    assert outcome.raw == pytest.approx(2 - 0.11)
    assert outcome_at(both, Weights(), outcome.threshold).raw == pytest.approx(outcome.raw)


def test_best_threshold_agrees_with_trying_all() -> None:
    """The sweep finds what evaluating every threshold finds."""
    random = np.random.default_rng(3)
    series = [ScoredSeries(np.round(random.random(600) ** 3, 2), ((200, 239), (400, 419))) for _ in range(3)]
    tried = [
        outcome_at(series, Weights(), level).raw for level in np.unique(np.concatenate([s.scores for s in series]))
    ]
    assert best_outcome(series, Weights()).raw == pytest.approx(max(tried))


def test_silence_is_0_and_clairvoyance_100() -> None:
    """The scale's two ends."""
    windows = ((300, 340), (700, 740))
    assert best_outcome([ScoredSeries(np.zeros(1000), windows)], Weights()).score == 0.0
    assert best_outcome([ScoredSeries(_alarms(1000, 300, 700), windows)], Weights()).score == pytest.approx(100.0)


def test_the_scale_is_the_published_one() -> None:
    """Published raw scores become the published final scores, for every detector whose two files are of one run."""
    if not (folder() / "results" / "final_results.json").exists():
        pytest.skip(f"the benchmark's files are not in {folder()}")
    raw = json.loads((folder() / "config" / "thresholds.json").read_text())
    final = json.loads((folder() / "results" / "final_results.json").read_text())
    labels = json.loads((folder() / "labels" / "combined_windows.json").read_text())
    windows = sum(len(one) for one in labels.values())
    assert windows == 116
    assert all(first < last for spans in labels.values() for (_, first), (last, _) in pairwise(spans))
    for detector in PUBLISHED_TOGETHER:
        for profile, weights in PROFILES.items():
            got = normalised(raw[detector][profile]["score"], windows, weights)
            assert got == pytest.approx(final[detector][profile], abs=1e-6), (detector, profile)
