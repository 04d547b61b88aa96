"""The detector on the Numenta Anomaly Benchmark, beside known detectors scored in the same run by the same rules."""

from __future__ import annotations

import sys
import time

from bench import _nab, _yardsticks
from bench._nab import LabelledSeries
from longshore.engine.detecting.problem import AlarmRule, Readings
from longshore.engine.detecting.scoring import Outcome, ScoredSeries, Weights, best_outcome
from longshore.engine.detecting.solve import solve

NEEDS_DATABASE = False
STANDARD = Weights()
LONGEST_SMALL = 6_000
ONE_BY_ONE = 20_000
PROFILES = {"reward_low_fp": Weights(false_alarm=0.22), "reward_low_fn": Weights(miss=2.0)}


def run(*, small: bool) -> dict[str, dict[str, float]]:
    files = [one for one in _nab.series() if not small or len(one.values) <= LONGEST_SMALL]
    if not files:
        print(f"detect: the benchmark's files are not in {_nab.folder()}: NOTHING WAS MEASURED", file=sys.stderr)
        return {"results": {}, "yardsticks": {}, "sizes": {"files": 0, "rows": 0}}
    _ours(files[0])  # compile
    began = time.perf_counter()
    ours = [_ours(one) for one in files]
    rows = sum(len(one.values) for one in files)
    per_s = rows / (time.perf_counter() - began)
    found = best_outcome(ours, STANDARD)
    _tell("longshore", found)
    beside = {name: _baseline(name, files) for name in _yardsticks.DETECTORS}
    halves = {f"nab_score_half_{half + 1}": best_outcome(ours[half::2], STANDARD).score for half in (0, 1)}
    profiles = {f"nab_{name}": best_outcome(ours, weights).score for name, weights in PROFILES.items()}
    return {
        "results": {
            "nab_score": round(found.score, 2),
            "best_baseline_score": round(max(beside.values()), 2),
            "per_s": round(per_s),
            "one_by_one_per_s": round(_one_by_one(files[0])),
            "windows_found": found.windows_found,
            "false_alarms": found.false_alarms,
            "threshold": round(found.threshold, 3),
            **{name: round(score, 2) for name, score in {**halves, **profiles}.items()},
        },
        "yardsticks": {name: round(score, 2) for name, score in beside.items()},
        "sizes": {"files": len(files), "rows": rows, "windows": found.windows},
    }


def _ours(one: LabelledSeries) -> ScoredSeries:
    judgement, _state = solve(Readings(one.times * 1000, one.values))
    return ScoredSeries(judgement.scores, one.windows)


def _baseline(name: str, files: list[LabelledSeries]) -> float:
    """The better of its own scores and the same without repetitions, each at its best threshold."""
    detector = _yardsticks.DETECTORS[name]
    began = time.perf_counter()
    scores = [detector(one.values) for one in files]
    plain = [ScoredSeries(told, one.windows) for told, one in zip(scores, files, strict=True)]
    rest = AlarmRule().rest
    calm = [ScoredSeries(_yardsticks.loudest(one.scores, rest), one.windows) for one in plain]
    outcomes = [best_outcome(plain, STANDARD), best_outcome(calm, STANDARD)]
    best = max(outcomes, key=lambda outcome: outcome.score)
    _tell(f"{name} ({time.perf_counter() - began:.0f} s; as it is {outcomes[0].score:.1f})", best)
    return best.score


def _one_by_one(one: LabelledSeries) -> float:
    """Readings a second where each comes alone and the state goes to bytes and back in between."""
    state = solve(Readings(one.times[:100] * 1000, one.values[:100]))[1]
    rows = min(len(one.values), ONE_BY_ONE)
    began = time.perf_counter()
    for row in range(100, rows):
        told = Readings(one.times[row : row + 1] * 1000, one.values[row : row + 1])
        _judgement, state = solve(told, type(state).from_bytes(state.to_bytes()))
    return (rows - 100) / (time.perf_counter() - began)


def _tell(name: str, found: Outcome) -> None:
    told = f"{found.windows_found} of {found.windows} windows, {found.false_alarms} false alarms"
    print(f"{name}: {found.score:.2f}, {told}", file=sys.stderr)
