"""What a detector remembers of its signal: 8 KB that go to bytes and back without a change."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from longshore.engine.detecting.following import BEGUN, RING, RUN, SHORT_RUN, SMALL
from longshore.engine.detecting.judging import CENTRE, PEAK, SIDE, SINCE
from longshore.engine.detecting.problem import LANES, Component
from longshore.engine.detecting.remembering import DAYS, SLOTS
from longshore.engine.invalid import require

Reals = NDArray[np.float64]
MARK = b"LSD1"
FORMAT = "longshore-detector-1"


@dataclass(frozen=True, slots=True, eq=False)
class DetectorState:
    """Memory of one signal. Taken as a value: `solve` returns a new one and leaves the old one as it was."""

    small: Reals
    ring: Reals
    calendar: NDArray[np.float32]
    centre: Reals
    sides: Reals
    rest: Reals

    @property
    def readings(self) -> int:
        """How many readings it has learnt from."""
        return int(self.small[0])

    @property
    def newest(self) -> int | None:
        """Time of the newest reading it knows, milliseconds; None: nothing yet."""
        return int(self.small[1]) if self.readings else None

    @property
    def still_since(self) -> int | None:
        """When the run of equal readings began that goes on now; None: the newest reading moved."""
        return int(self.small[BEGUN]) if self.small[RUN] > SHORT_RUN else None

    @property
    def drift_since(self) -> int | None:
        """Since when the slow mean has been outside its usual range; None: it is inside."""
        open_sides = [side for side in self.sides[2 * Component.DRIFT :] if side[PEAK] > 0]
        return int(min(side[SINCE] for side in open_sides)) if open_sides else None

    def copy(self) -> DetectorState:
        """A state that shares no memory with this one."""
        return DetectorState(*(getattr(self, field.name).copy() for field in fields(self)))

    def to_bytes(self) -> bytes:
        """All of it, little-endian, with a mark of its format."""
        arrays = (getattr(self, field.name) for field in fields(self))
        return MARK + b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)

    @staticmethod
    def reads(packed: bytes) -> bool:
        """Whether the bytes are a state of this version."""
        empty = new_state()
        whole = len(MARK) + sum(getattr(empty, field.name).nbytes for field in fields(empty))
        return packed[: len(MARK)] == MARK and len(packed) == whole

    @staticmethod
    def from_bytes(packed: bytes) -> DetectorState:
        """Raises InvalidProblem where the bytes are of another format or length."""
        empty = new_state()
        arrays = [getattr(empty, field.name) for field in fields(empty)]
        require(
            DetectorState.reads(packed),
            "packed",
            None,
            "is no detector state of this version",
            "Begin with a new state",
        )
        place, taken = len(MARK), []
        for array in arrays:
            flat = np.frombuffer(packed, dtype=array.dtype.newbyteorder("<"), count=array.size, offset=place)
            taken.append(flat.astype(array.dtype).reshape(array.shape))
            place += array.nbytes
        return DetectorState(*taken)

    def to_json(self) -> str:
        """The bytes in a JSON object."""
        return json.dumps({"format": FORMAT, "state": base64.b64encode(self.to_bytes()).decode("ascii")})

    @staticmethod
    def from_json(text: str) -> DetectorState:
        """Raises InvalidProblem where the object is of another format."""
        told = json.loads(text)
        fits = isinstance(told, dict) and told.get("format") == FORMAT
        require(fits, "text", None, "is no detector state of this version", "Begin with a new state")
        return DetectorState.from_bytes(base64.b64decode(told["state"]))


def new_state() -> DetectorState:
    """A detector that has seen nothing."""
    return DetectorState(
        small=np.zeros(SMALL),
        ring=np.zeros((2, RING)),
        calendar=np.full((DAYS, SLOTS), np.nan, dtype=np.float32),
        centre=np.zeros((LANES, CENTRE)),
        sides=np.zeros((2 * LANES, SIDE)),
        rest=np.zeros((2, 2)),
    )
