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
    """Memory of one machine's signals; taken as a value. `count`: rows learnt, newest time, rows in the block, seed,
    directions left out.
    `inverse`: of the correlations, `basis`: directions over the root of their variance, those left out first;
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

    @property
    def newest(self) -> int | None:
        """Time of the newest row it knows, milliseconds; None: nothing yet."""
        return int(self.count[1]) if self.count[0] else None

    def copy(self) -> JointState:
        """A state that shares no memory with this one."""
        return JointState(*(getattr(self, field.name).copy() for field in fields(self)))

    def to_bytes(self) -> bytes:
        """What cannot be drawn again from the seed: the number of signals, the seed, then the arrays, little-endian."""
        kept = [getattr(self, name).astype("<f8").tobytes() for name in KEPT]
        head = len(self.mean).to_bytes(2, "little") + int(self.count[3]).to_bytes(4, "little")
        return MARK + head + self.mass.astype("<u2").tobytes() + b"".join(kept)

    @staticmethod
    def reads(packed: bytes, signals: int) -> bool:
        """Whether the bytes are a state of this version for so many signals."""
        if packed[: len(MARK)] != MARK or packed[len(MARK) : len(MARK) + 2] != signals.to_bytes(2, "little"):
            return False
        return len(packed) == len(new_joint_state(signals, 0).to_bytes())

    @staticmethod
    def from_bytes(packed: bytes) -> JointState:
        """Raises InvalidProblem where the bytes are of another format or length."""
        signals = int.from_bytes(packed[len(MARK) : len(MARK) + 2], "little")
        right = 1 <= signals <= MOST_SIGNALS and JointState.reads(packed, signals)
        require(right, "packed", None, "is no joint detector state of this version", "Begin with a new state")
        place = len(MARK) + 6
        state = new_joint_state(signals, int.from_bytes(packed[place - 4 : place], "little"))
        state.mass[:] = np.frombuffer(packed, "<u2", state.mass.size, place).reshape(state.mass.shape)
        place += 2 * state.mass.size
        for name in KEPT:
            array = getattr(state, name)
            array[:] = np.frombuffer(packed, "<f8", array.size, place).reshape(array.shape)
            place += 8 * array.size
        return state


MARK = b"LSJ1"
KEPT = (
    "count mean deviation correlation basis inverse block centre sides rest".split()  # noqa: SIM905
)


def new_joint_state(signals: int, seed: int) -> JointState:
    """A detector of `signals` signals that has seen nothing; the trees are drawn from `seed` (below 2^32)."""
    require(0 <= seed < 2**32, "seed", None, f"is {seed}", "Use a number of 32 bits")
    require(1 <= signals <= MOST_SIGNALS, "signals", None, f"is {signals}, not 1 to 64", "Split the machine")
    return JointState(
        count=np.array([0.0, 0.0, 0.0, float(seed), 0.0]),
        mean=np.zeros(signals),
        deviation=np.ones(signals),
        correlation=np.zeros((signals, signals)),
        basis=np.zeros((signals, signals)),
        inverse=np.eye(signals),
        block=np.zeros((BLOCK, signals)),
        cuts=grow(signals, seed).copy(),
        mass=np.zeros((2, TREES, NODES)),
        centre=np.zeros((MEASURES, CENTRE)),
        sides=np.zeros((2 * MEASURES, SIDE)),
        rest=np.zeros(2),
    )
