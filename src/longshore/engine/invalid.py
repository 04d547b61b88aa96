"""The one refusal every engine package raises for a problem it cannot accept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


class InvalidProblem(ValueError):
    """A problem breaks a rule of its package: says which field, which row (None: the whole), and what to do."""

    def __init__(self, field: str, row: int | None, sentence: str, remedy: str) -> None:
        self.field = field
        self.row = row
        self.sentence = sentence
        self.remedy = remedy
        where = field if row is None else f"{field}[{row}]"
        super().__init__(f"{where}: {sentence}. {remedy}")


def require(holds: bool, field: str, row: int | None, sentence: str, remedy: str) -> None:
    """Raise InvalidProblem unless `holds`."""
    if not holds:
        raise InvalidProblem(field, row, sentence, remedy)


def require_all(holds: NDArray[np.bool_], field: str, sentence: str, remedy: str) -> None:
    """Raise InvalidProblem naming the first row where the mask `holds` (n,) is false."""
    if not bool(holds.all()):
        raise InvalidProblem(field, int(np.argmin(holds.reshape(len(holds), -1).all(axis=1))), sentence, remedy)


def require_integers(values: NDArray[Any], field: str, length: int, lowest: int) -> None:
    """Raise InvalidProblem unless `values` is a one-dimensional int64 array of `length` with no value below
    `lowest`."""
    require(values.ndim == 1 and len(values) == length, field, None, f"must have {length} rows", "Pass equal lengths")
    require(values.dtype == np.int64, field, None, f"is {values.dtype}, not int64", "Convert exactly to int64 first")
    require_all(values >= lowest, field, f"is below {lowest}", "Correct the row or leave it out")


def require_reals(values: NDArray[Any], field: str, shape: tuple[int, ...]) -> None:
    """Raise InvalidProblem unless `values` is a finite, non-negative float64 array of `shape`."""
    require(values.shape == shape, field, None, f"has shape {values.shape}, not {shape}", "Pass matching shapes")
    require(values.dtype == np.float64, field, None, f"is {values.dtype}, not float64", "Convert to float64 first")
    if values.size:
        require_all(np.isfinite(values) & (values >= 0), field, "is negative or not a number", "Correct the row")
