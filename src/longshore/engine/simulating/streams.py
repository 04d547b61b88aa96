"""Independent random streams by name: adding a stream never changes another."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Streams:
    """A family of random streams under one seed (any int)."""

    seed: int

    def stream(self, *name: str | int) -> np.random.Generator:
        """A fresh generator for this purpose; the same seed and name give the same numbers on every run and platform.

        Each call starts the stream anew: keep the generator for as long as its purpose lasts.
        """
        text = "\x1f".join([str(self.seed), *(f"{type(part).__name__}:{part}" for part in name)])
        digest = hashlib.sha256(text.encode()).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
