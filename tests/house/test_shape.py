"""Functions and modules stay small enough to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house import ratchet
from tests.house.sources import Source, modules

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400
DEEPEST_NESTING = 3
MOST_PARAMETERS = 6
NESTING = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match, ast.AsyncFor, ast.AsyncWith)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(source: Source) -> Iterator[tuple[str, Function]]:
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            yield f"{source.name}::{node.name}", node


def _length(function: Function) -> int:
    """Lines of the body; the docstring and the signature do not count."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1


def _depth(node: ast.AST, depth: int = 0) -> int:
    deepest = depth
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            continue
        is_elif = (
            isinstance(node, ast.If) and isinstance(child, ast.If) and child in node.orelse and len(node.orelse) == 1
        )
        inner = depth + 1 if isinstance(child, NESTING) and not is_elif else depth
        deepest = max(deepest, _depth(child, inner))
    return deepest


def _parameters(function: Function) -> int:
    given = function.args
    names = [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def _offenders() -> dict[str, str]:
    found: dict[str, str] = {}
    for source in modules():
        for name, function in _functions(source):
            told = []
            if _length(function) > LONGEST_FUNCTION:
                told.append(f"{_length(function)} lines, at most {LONGEST_FUNCTION}: give the parts names")
            if _depth(function) > DEEPEST_NESTING:
                told.append(f"nested {_depth(function)} deep, at most {DEEPEST_NESTING}: return early or extract")
            if _parameters(function) > MOST_PARAMETERS:
                told.append(f"{_parameters(function)} parameters, at most {MOST_PARAMETERS}: group into a dataclass")
            if told:
                found[name] = "; ".join(told)
    return found


def test_functions_are_short_flat_and_take_few_parameters() -> None:
    """At most 60 lines, 3 levels, 6 parameters; a number's exception stands in the ratchet with its reason."""
    new = {name: why for name, why in _offenders().items() if name not in ratchet.FUNCTIONS}
    assert not new, "\n".join(f"{name}: {why}" for name, why in new.items())


def test_modules_are_short() -> None:
    """At most 400 lines; a longer one becomes a folder with one verb per file."""
    lengths = {source.name: source.text.count("\n") for source in modules()}
    new = {name: n for name, n in lengths.items() if n > LONGEST_MODULE and name not in ratchet.MODULES}
    assert not new, "\n".join(f"{name}: {n} lines, at most {LONGEST_MODULE}" for name, n in new.items())


def test_the_ratchet_only_tightens() -> None:
    """An entry that is no longer needed is taken out."""
    lengths = {source.name: source.text.count("\n") for source in modules()}
    stale = [name for name in ratchet.FUNCTIONS if name not in _offenders()]
    stale += [name for name in ratchet.MODULES if lengths.get(name, 0) <= LONGEST_MODULE]
    assert not stale, f"no longer over the limit, take out of tests/house/ratchet.py: {stale}"
