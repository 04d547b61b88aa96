"""Compiled kernels without work at import: numba is loaded and the kernel compiled on its first call."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FunctionType
from typing import Any, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")


class Kernel(Generic[P, R]):
    """A function of arrays and numbers that numba compiles when it is first called.

    The compiled code is kept on disk where numba finds a folder it may write, else only in memory. A kernel may call
    kernels of its own module and no others: numba looks only at the caller's file to see that a kept one is out of date.
    """

    def __init__(self, function: Callable[P, R], *, counts: bool = True) -> None:
        self._function = function
        self._counts = counts
        self._compiled: Callable[P, R] | None = None
        self.__doc__ = function.__doc__

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run the compiled function."""
        return self.compiled()(*args, **kwargs)

    def compiled(self) -> Callable[P, R]:
        """The function as numba knows it."""
        if self._compiled is None:
            self._compiled = _compile(_with_compiled(self._function), counts=self._counts)
        return self._compiled


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Decorate a function to be compiled on first use."""
    return Kernel(function)


def bare_kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """A kernel that makes no arrays, so nobody counts who holds one. Where groups of arrays go from kernel to kernel the
    counting takes most of the time: each call counts every array of the group up and down again."""
    return Kernel(function, counts=False)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Decorate a function of a module that is imported on first use only (it loads numba): it may call others that are
    compiled like it. Compiled when first called, releases the interpreter lock."""
    return _compile(function)


def _with_compiled(function: Callable[P, R]) -> Callable[P, R]:
    """The function seeing compiled kernels under the names of those it calls."""
    plain = cast("FunctionType", function)
    code: CodeType = plain.__code__
    known: dict[str, Any] = plain.__globals__
    called = {name: known[name].compiled() for name in code.co_names if isinstance(known.get(name), Kernel)}
    if not called:
        return function
    made = FunctionType(code, {**known, **called}, plain.__name__, plain.__defaults__, plain.__closure__)
    return cast("Callable[P, R]", made)


def _compile(function: Callable[P, R], *, counts: bool = True) -> Callable[P, R]:
    import numba

    options: dict[str, Any] = {"nogil": True} if counts else {"nogil": True, "_nrt": False}
    try:
        compiled: Callable[P, R] = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba found no folder for its cache
        compiled = numba.njit(**options)(function)
    return compiled
