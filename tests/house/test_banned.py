"""Calls that belong in one place only, or nowhere; each message says what to do instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house import ratchet
from tests.house.sources import PACKAGE, Source, modules, sources

FACES = ("pages", "api", "admin", "cli", "worker", "middleware", "gateway")
DATA_PLANE = ("queries", "operations", "ledger", "tables", "reading", "writing")
VAGUE = ("utils", "helpers", "common", "core", "misc", "extras", "manager", "util", "helper")


def _calls(source: Source) -> Iterator[tuple[int, str]]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _is_face(source: Source) -> bool:
    parts = source.path.with_suffix("").parts
    return any(face in parts for face in FACES) or source.app in ("cli", "web")


def _found(pattern: str, allowed: dict[str, str]) -> list[str]:
    expression = re.compile(pattern)
    return [
        f"{source.name}:{line}"
        for source in modules()
        if source.name not in allowed
        for line, name in _calls(source)
        if expression.search(name)
    ]


def test_the_wall_clock_is_read_only_at_the_edge() -> None:
    """Rules, queries, operations and the engine get their time as `at`; only faces ask the wall."""
    pattern = re.compile(r"(datetime\.(now|utcnow|today)|timezone\.now|date\.today|time\.time)$")
    wrong = [
        f"{source.name}:{line} {name}()"
        for source in modules()
        if not _is_face(source) and source.name not in ratchet.CLOCK_PLACES
        for line, name in _calls(source)
        if pattern.search(name)
    ]
    assert not wrong, "take `at` as an argument instead:\n" + "\n".join(wrong)


def test_chance_comes_with_a_seed() -> None:
    """No generator without a seed: a run must be repeatable."""
    wrong = _found(
        r"^(random\.(random|randint|choice|shuffle|sample|uniform)|np\.random\.(rand|randn|seed|choice))$", {}
    )
    unseeded = [
        f"{source.name}:{node.lineno}"
        for source in modules()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith(("default_rng", "random.Random"))
        and not node.args
        and not node.keywords
    ]
    assert not wrong + unseeded, "take a seed or a generator as an argument:\n" + "\n".join(wrong + unseeded)


def _locks_stock(text: str) -> bool:
    """SQL that locks rows of the ledger; `FOR UPDATE OF t` locks only what it names."""
    tables = re.findall(
        r"\b(?:FROM|JOIN)\s+(ledger_(?:balance|plannedflow|claim))\b(?:\s+(?:AS\s+)?(\w+))?", text, re.I
    )
    for of in re.findall(r"\bFOR (?:NO KEY )?UPDATE\b(?:\s+OF\s+([\w, ]+))?", text):
        named = {name.strip() for name in of.split(",") if name.strip()}
        if any(not named or table in named or alias in named for table, alias in tables):
            return True
    return False


def test_stock_is_locked_in_one_file() -> None:
    """Balances, planned flows and claims are locked in one canonical order, in ledger/locks.py."""
    wrong = _found(r"\b(Balance|PlannedFlow|Claim|Movement)\b.*select_for_update$", ratchet.LOCK_PLACES)
    wrong += [
        f"{source.name}:{node.lineno}"
        for source in modules()
        if source.name not in ratchet.LOCK_PLACES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _locks_stock(node.value)
    ]
    assert not wrong, "lock through longshore.ledger.locks:\n" + "\n".join(wrong)


def test_no_signals() -> None:
    """What follows from a fact stands in project/subscriptions.py, not in a signal."""
    wrong = [
        f"{source.name}"
        for source in modules()
        if re.search(r"django\.(dispatch|db\.models\.signals)|@receiver", source.text)
    ]
    assert not wrong, "emit an event and subscribe to it:\n" + "\n".join(wrong)


def test_nothing_is_clamped_to_zero() -> None:
    """A negative quantity is a mistake to refuse, not to hide (ledger law 6)."""
    wrong = [
        f"{source.name}:{node.lineno} {ast.unparse(node)}"
        for source in modules()
        if source.app not in ("engine", "web", "cli") and source.name not in ratchet.CLAMP_PLACES
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "max"
        and any(isinstance(argument, ast.Constant) and argument.value == 0 for argument in node.args)
        and re.search(r"qty|quantity|claimed|counted", ast.unparse(node))
    ]
    assert not wrong, "refuse instead of clamping:\n" + "\n".join(wrong)


def test_exceptions_are_not_swallowed() -> None:
    """No `except …: pass`, no bare except."""
    wrong = [
        f"{source.name}:{node.lineno}"
        for source in modules()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or all(isinstance(statement, ast.Pass) for statement in node.body))
    ]
    assert not wrong, "handle it, or let it rise:\n" + "\n".join(wrong)


def test_nothing_is_left_for_later() -> None:
    """No markers of unfinished work, no stubs."""
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|raise NotImplemented")
    wrong = [
        f"{source.name}:{number}: {line.strip()}"
        for source in modules()
        for number, line in enumerate(source.text.splitlines(), start=1)
        if marks.search(line)
    ]
    assert not wrong, "finish it or take it out:\n" + "\n".join(wrong)


def test_names_say_something() -> None:
    """No folder or file is called utils, helpers, common, core or the like."""
    wrong = [
        source.name
        for source in modules()
        if any(part in VAGUE for part in source.path.relative_to(PACKAGE).with_suffix("").parts)
    ]
    assert not wrong, "find the name of what is in it:\n" + "\n".join(wrong)


def test_migrations_have_names() -> None:
    """A migration says what it does; `auto` says nothing."""
    wrong = [source.name for source in sources() if source.is_migration and "_auto_" in source.path.name]
    assert not wrong, "rename with makemigrations -n:\n" + "\n".join(wrong)


def test_pure_files_know_no_framework() -> None:
    """The engine imports no framework; rules.py touches no database."""
    wrong = []
    for source in modules():
        names = [
            name
            for node in ast.walk(source.tree)
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        ]
        if source.app == "engine":
            wrong += [
                f"{source.name} imports {name}"
                for name in names
                if re.match(r"(django|psycopg|longshore\.(?!engine))", name)
            ]
        if source.path.stem == "rules":
            wrong += [f"{source.name} imports {name}" for name in names if re.match(r"(django\.db|psycopg)", name)]
    assert not wrong, "\n".join(wrong)
