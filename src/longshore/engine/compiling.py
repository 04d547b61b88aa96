"""Compiled kernels without work at import: numba is loaded and the kernel compiled on its first call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function of arrays and numbers that numba compiles when it is first called.

    The compiled code is kept on disk where numba finds a folder it may write, else only in memory. A kernel must not
    call another one.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        self._function = function
        self._compiled: Callable[P, R] | None = None
        self.__doc__ = function.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        if self._compiled is None:
            self._compiled = _compile(self._function)
        return self._compiled(*args, **kwargs)


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Decorate a function to be compiled on first use."""
    return Kernel(function)


def _compile(function: Callable[P, R]) -> Callable[P, R]:
    import numba

    try:
        compiled: Callable[P, R] = numba.njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder for its cache
        compiled = numba.njit(nogil=True)(function)
    return compiled
