"""Several signals of one machine, read together: what goes in, what is remembered, what was found."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from longshore.engine.detecting.judging import CENTRE, SIDE
from longshore.engine.detecting.trees import NODES, TREES, grow
from longshore.engine.invalid import require

Reals = NDArray[np.float64]
Integers = NDArray[np.int64]

BLOCK = 64
MOST_SIGNALS = 64


class Measure(IntEnum):
    """T2: far out along the ways in which the signals usually move together. Q: they no longer move together.
    TREES: a combination seldom seen, whatever its form."""

    T2 = 0
    Q = 1
    TREES = 2


MEASURES = len(Measure)


@dataclass(frozen=True, slots=True, eq=False)
class JointReadings:
    """`times` int64 milliseconds (n,), `values` float64 (n, signals), oldest first; NaN: this signal said nothing then.
    A row not newer than the newest one known is passed over. Raises InvalidProblem."""

    times: Integers
    values: Reals

    def __post_init__(self) -> None:
        require(self.times.ndim == 1 and self.times.dtype == np.int64, "times", None, "is not int64 (n,)", "Convert")
        right = self.values.ndim == 2 and len(self.values) == len(self.times) and self.values.dtype == np.float64
        require(right, "values", None, "is not float64 (n, signals)", "Pass one row for each time")
        signals = self.values.shape[1]
        require(
            1 <= signals <= MOST_SIGNALS, "values", None, f"has {signals} signals, not 1 to 64", "Split the machine"
        )


@dataclass(frozen=True, slots=True)
class JointFinding:
    """An alarm, by which measure, how rare, and the signal that departs most from what the others say of it: its number,
    what was `expected` given the others, `seen`, the usual `spread` between the two; `shares` of all signals in the
    departure (sum 1); `since` when the measure has been beyond its usual range."""

    row: int
    at: int
    measure: Measure
    surprise: float
    signal: int
    expected: float
    seen: float
    spread: float
    shares: tuple[float, ...]
    since: int


@dataclass(frozen=True, slots=True, eq=False)
class JointJudgement:
    """`surprise` and `scores` (n,) as for one signal; `measure` (n,) which one spoke loudest; `findings`."""

    surprise: Reals
    scores: Reals
    measure: Integers
    findings: tuple[JointFinding, ...]


@dataclass(frozen=True, slots=True, eq=False)
class JointState:
    """Memory of one machine's signals; taken as a value. `count`: rows learnt, newest time, rows in the block.
    `inverse`: of the correlations, `basis`: principal directions divided by the root of their variance, NaN-free;
    `mass`: (2, trees, nodes) of the reference window and of the running one."""

    count: Reals
    mean: Reals
    deviation: Reals
    correlation: Reals
    basis: Reals
    inverse: Reals
    block: Reals
    cuts: Reals
    mass: Reals
    centre: Reals
    sides: Reals
    rest: Reals

    def copy(self) -> JointState:
        """A state that shares no memory with this one."""
        return JointState(*(getattr(self, field.name).copy() for field in fields(self)))

    def to_bytes(self) -> bytes:
        """All of it: the number of signals, then float64 little-endian."""
        arrays = [getattr(self, field.name).astype("<f8").tobytes() for field in fields(self)]
        return MARK + len(self.mean).to_bytes(2, "little") + b"".join(arrays)

    @staticmethod
    def from_bytes(packed: bytes) -> JointState:
        """Raises InvalidProblem where the bytes are of another format or length."""
        marked = packed[: len(MARK)] == MARK and len(packed) >= len(MARK) + 2
        require(marked, "packed", None, "is no joint detector state of this version", "Begin with a new state")
        start = len(MARK) + 2
        signals = int.from_bytes(packed[len(MARK) : start], "little")
        empty = new_joint_state(signals, 0)
        arrays = [getattr(empty, field.name) for field in fields(empty)]
        whole = sum(array.size for array in arrays)
        require(len(packed) == start + 8 * whole, "packed", None, "has another length", "Begin with a new state")
        flat = np.frombuffer(packed, dtype="<f8", offset=start).astype(np.float64)
        ends = np.cumsum([array.size for array in arrays])
        pieces = np.split(flat, ends[:-1])
        return JointState(*(piece.reshape(array.shape) for piece, array in zip(pieces, arrays, strict=True)))


MARK = b"LSJ1"


def new_joint_state(signals: int, seed: int) -> JointState:
    """A detector of `signals` signals that has seen nothing; the trees are drawn from `seed`."""
    require(1 <= signals <= MOST_SIGNALS, "signals", None, f"is {signals}, not 1 to 64", "Split the machine")
    return JointState(
        count=np.zeros(3),
        mean=np.zeros(signals),
        deviation=np.ones(signals),
        correlation=np.zeros((signals, signals)),
        basis=np.zeros((signals, signals)),
        inverse=np.eye(signals),
        block=np.zeros((BLOCK, signals)),
        cuts=grow(signals, seed),
        mass=np.zeros((2, TREES, NODES)),
        centre=np.zeros((MEASURES, CENTRE)),
        sides=np.zeros((2 * MEASURES, SIDE)),
        rest=np.zeros(2),
    )
