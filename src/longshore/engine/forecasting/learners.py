"""What learns across series: boosted trees, linear regression, support vectors, a small neural network.

LightGBM (MIT) and scikit-learn (BSD-3) are loaded when a model is fitted, not before.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from longshore.engine.forecasting.features import Singles, Table, only
from longshore.engine.forecasting.problem import Integers, PanelOptions, Reals, Truths

LEARNERS = ("lightgbm", "linear", "support-vector", "neural")
MOST_TAUGHT = {"linear": 1_000_000, "support-vector": 2_500, "neural": 10_000}
"""Rows that a model is taught with at most, drawn with the seed: support vectors cost the square of them."""
LEARNT = 18.0
"""Rounds times learning rate at most: beyond, more rounds are smaller steps."""
TAUGHT_APART = 1_000
"""Rows at least that a code needs for a model of its own."""
WIDEST = 8.0
"""Standard deviations beyond which an input of a linear, support vector or neural model is cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Targets (rows,) for a table, `weight` (rows,) how much each counts, `measure` squared or absolute."""

    table: Table
    target: Reals
    weight: Reals
    measure: str


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """`predict(values)` (rows,); `contribute(values)` (rows, columns + 1), the last the model's mean; rows add up to
    the prediction."""

    predict: Callable[[Singles], Reals]
    contribute: Callable[[Singles], Reals]


Step = Callable[[], None]
"""Called between steps of a fit; may raise to stop it."""


def fit(name: str, lesson: Lesson, options: PanelOptions, step: Step) -> Fitted:
    """A learner of LEARNERS fitted to a lesson. Deterministic for a seed and a number of threads."""
    if name == "lightgbm":
        return _boosted(lesson, options, step)
    return _through_scaling(name, lesson, options, step)


@dataclass(frozen=True, slots=True, eq=False)
class Trait:
    """`column` of the table, and all `codes` that may stand in it."""

    column: str
    codes: Integers


def fit_apart(name: str, lesson: Lesson, options: PanelOptions, step: Step, trait: Trait) -> Fitted:
    """One smaller model for each code of a trait; codes that taught little share one of everything."""
    place = lesson.table.names.index(trait.column)
    codes = lesson.table.values[:, place]
    known = [code for code in np.unique(trait.codes).tolist() if np.sum(codes == code) >= TAUGHT_APART]
    modest = smaller(options)
    models = {code: fit(name, _part(lesson, codes == code), modest, step) for code in known}
    shared = None if np.isin(trait.codes, known).all() else fit(name, lesson, modest, step)

    def routed(values: Singles, told: Callable[[Fitted, Singles], Reals], shape: tuple[int, ...]) -> Reals:
        made = np.empty(shape)
        for code in np.unique(values[:, place]).tolist():
            here, model = values[:, place] == code, models.get(int(code), shared)
            assert model is not None
            made[here] = told(model, values[here])
        return made

    def predict(values: Singles) -> Reals:
        return routed(values, lambda model, seen: model.predict(seen), (len(values),))

    def contribute(values: Singles) -> Reals:
        return routed(values, lambda model, seen: model.contribute(seen), (len(values), values.shape[1] + 1))

    return Fitted(predict, contribute)


def smaller(options: PanelOptions) -> PanelOptions:
    """What models of a part of the rows are made with."""
    return replace(options, rounds=max(options.rounds * 5 // 8, 1), leaves=max(options.leaves // 2, 2))


def _part(lesson: Lesson, kept: Truths) -> Lesson:
    return Lesson(only(lesson.table, kept), lesson.target[kept], lesson.weight[kept], lesson.measure)


def _boosted(lesson: Lesson, options: PanelOptions, step: Step) -> Fitted:
    import lightgbm

    settings = {
        "objective": {"squared": "regression", "absolute": "regression_l1"}[lesson.measure],
        "learning_rate": min(0.06, LEARNT / options.rounds),
        "num_leaves": options.leaves,
        "min_data_in_leaf": 40,
        "feature_fraction": 0.6,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 127,
        "num_threads": options.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    kinds = list(lesson.table.kinds)
    data = lightgbm.Dataset(lesson.table.values, lesson.target, weight=lesson.weight, categorical_feature=kinds)
    models = []
    for bag in range(options.bags):
        seeded = {**settings, "seed": options.seed + 101 * bag}
        models.append(lightgbm.train(seeded, data, options.rounds, callbacks=[lambda _state: step()]))

    def predict(values: Singles) -> Reals:
        return np.asarray(np.mean([model.predict(values) for model in models], axis=0), dtype=np.float64)

    def contribute(values: Singles) -> Reals:
        told = [model.predict(values, pred_contrib=True) for model in models]
        return np.asarray(np.mean(told, axis=0), dtype=np.float64)

    return Fitted(predict, contribute)


@dataclass(frozen=True, slots=True, eq=False)
class _Scaling:
    """Codes as columns of 0 and 1, numbers centred and scaled, gaps 0, far outliers cut."""

    numbers: tuple[int, ...]
    centre: Reals
    spread: Reals
    kinds: tuple[tuple[int, Reals], ...]

    def __call__(self, values: Singles) -> Reals:
        plain = (values[:, list(self.numbers)] - self.centre) / self.spread
        parts = [np.clip(np.nan_to_num(plain), -WIDEST, WIDEST)]
        parts += [(values[:, [place]] == codes[None, :]).astype(np.float64) for place, codes in self.kinds]
        return np.concatenate(parts, axis=1)

    def origin(self) -> list[int]:
        """Which column of the table each scaled column came from."""
        made = list(self.numbers)
        for place, codes in self.kinds:
            made += [place] * len(codes)
        return made


FEW_CODES = 40
_CALENDAR = ("place in season",)


def _scaling(table: Table) -> _Scaling:
    """Calendar numbers with few values become columns of their own too: a Friday is not five Mondays."""
    values = table.values
    kinds, numbers = [], []
    for place, name in enumerate(table.names):
        distinct = np.unique(values[:, place])
        if (place in table.kinds or name in _CALENDAR or _whole(distinct)) and len(distinct) <= FEW_CODES:
            kinds.append((place, distinct[np.isfinite(distinct)].astype(np.float64)))
        elif place not in table.kinds:
            numbers.append(place)
    plain = values[:, numbers].astype(np.float64)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(plain)
        counts = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, plain, 0.0).sum(axis=0) / counts
        spread = np.sqrt((np.where(known, plain - centre, 0.0) ** 2).sum(axis=0) / counts)
    return _Scaling(tuple(numbers), centre, np.where(spread > 0, spread, 1.0), tuple(kinds))


def _whole(distinct: Singles) -> bool:
    return bool(np.isfinite(distinct).all() and (distinct == np.round(distinct)).all())


def _through_scaling(name: str, lesson: Lesson, options: PanelOptions, step: Step) -> Fitted:
    step()
    scaling = _scaling(lesson.table)
    rng = np.random.default_rng(options.seed)
    rows, shares = np.arange(len(lesson.target)), lesson.weight / lesson.weight.mean()
    if len(rows) > MOST_TAUGHT[name]:
        rows = np.sort(rng.choice(rows, MOST_TAUGHT[name], replace=False))
    inputs, limit = scaling(lesson.table.values[rows]), np.quantile(np.abs(lesson.target), 0.999) + 1e-9
    target = np.clip(lesson.target[rows], -limit, limit)
    model = _model(name, options)
    if name == "neural":
        # The network takes no weights: rows are drawn in proportion to them instead.
        drawn = rng.choice(len(rows), len(rows), p=shares[rows] / shares[rows].sum())
        with warnings.catch_warnings():
            # So many rounds and no more: a network that could still improve is no fault.
            warnings.filterwarnings("ignore", message="Stochastic Optimizer")
            model.fit(inputs[drawn], target[drawn])
    else:
        model.fit(inputs, target, sample_weight=shares[rows])
    step()
    middle, back = inputs.mean(axis=0), scaling.origin()

    def predict(values: Singles) -> Reals:
        return np.asarray(np.clip(model.predict(scaling(values)), -2 * limit, 2 * limit), dtype=np.float64)

    def contribute(values: Singles) -> Reals:
        return _shares(lambda seen: np.asarray(model.predict(seen)), scaling(values), middle, back)

    return Fitted(predict, contribute)


def _model(name: str, options: PanelOptions) -> Any:
    if name == "linear":
        from sklearn.linear_model import Ridge

        return Ridge(alpha=10.0)
    if name == "neural":
        from sklearn.neural_network import MLPRegressor

        return MLPRegressor(
            hidden_layer_sizes=(48, 24), alpha=1e-3, max_iter=40, tol=0.0, n_iter_no_change=40,
            learning_rate_init=3e-3, random_state=options.seed,
        )  # fmt: skip
    from sklearn.svm import SVR

    return SVR(C=1.0, epsilon=0.02, gamma="scale", cache_size=500)


def _shares(predict: Callable[[Reals], Reals], seen: Reals, middle: Reals, back: list[int]) -> Reals:
    """Contributions by turning columns from their mean to their value one after the other: they add up exactly; for a
    linear model they are its coefficients times the deviations."""
    columns = max(back) + 1
    found = np.zeros((len(seen), columns + 1))
    now = np.broadcast_to(middle, seen.shape).copy()
    told = predict(now)
    found[:, -1] = told
    for column in range(columns):
        places = [place for place, origin in enumerate(back) if origin == column]
        if not places:
            continue
        now[:, places] = seen[:, places]
        after = predict(now)
        found[:, column] = after - told
        told = after
    return found
