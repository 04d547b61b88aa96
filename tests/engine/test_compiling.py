"""Compiled kernels: import stays light, and a machine without a writable cache still computes."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numba
import numpy as np
import pytest

from longshore.engine.compiling import kernel


def test_a_kernel_computes_without_a_writable_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """When numba finds no folder for its cache, the kernel is compiled in memory and gives the same result."""
    real = numba.njit
    asked: list[bool] = []

    def refusing(function: object = None, *, cache: bool = False, nogil: bool = False) -> object:
        if function is not None:  # numba's own parts, loaded when they are first needed
            return real(function)
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(nogil=nogil)

    monkeypatch.setattr(numba, "njit", refusing)

    @kernel
    def total(values: np.ndarray) -> float:
        """Sum."""
        found = 0.0
        for value in values:
            found += value
        return found

    assert total(np.array([1.0, 2.0, 4.0])) == 7.0
    assert asked == [True, False]
    assert total.__doc__ == "Sum."


def test_importing_the_engine_loads_no_heavy_library() -> None:
    """Importing every solver loads neither numba nor pyvrp nor statsforecast nor Django: they come with the first
    call."""
    script = """
        import sys
        from longshore.engine.arriving.solve import solve
        from longshore.engine.forecasting.solve import solve
        from longshore.engine.picking.solve import solve
        from longshore.engine.promising.solve import solve
        from longshore.engine.replenishing.solve import solve
        from longshore.engine.routing.solve import solve
        from longshore.engine.simulating.solve import solve
        from longshore.engine.stocking.guaranteed.solve import solve
        from longshore.engine.stocking.limits.solve import solve
        from longshore.engine.stocking.replaying.solve import solve
        from longshore.engine.stocking.solve import solve
        print(sorted({"numba", "pyvrp", "statsforecast", "django", "pandas"} & set(sys.modules)))
    """
    source = str(Path(__file__).parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={**os.environ, "PYTHONPATH": source},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
