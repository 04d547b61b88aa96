"""Writes the reference pages of the manual from the code itself; tests/house compares them. Run by `make docs`."""

from __future__ import annotations

import argparse
import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "longshore"
MANUAL = ROOT / "docs" / "manual"
CODE = "abcdefghijklmnopqrstuvwxyz0123456789-"
Row = tuple[str, ...]


def table(head: Row, rows: list[Row]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/').replace(chr(10), ' ') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


# --- commands ---------------------------------------------------------------------------------------------------------


def commands() -> str:
    from longshore.cli.main import parser

    parts = [
        "# Commands\n",
        "Written from the program; `longshore COMMAND --help` says the same.\n",
        "Exit status: 0 done · 1 refused (the sentence and what to do are on standard error, with `--json` also as an object on",
        "standard output) · 2 wrongly called · 3 done, and something wrong was found (`audit`, `doctor`, `import --partial`).",
        "Progress and warnings go to standard error, the answer to standard output.\n",
    ]
    for name, command in _subcommands(parser()):
        parts += [f"## longshore {name}\n", f"{_help(parser(), name)}\n", _arguments(command)]
        for verb, inner in _subcommands(command):
            parts += [f"### longshore {name} {verb}\n", f"{_help(command, verb)}\n", _arguments(inner)]
    return "\n".join(parts)


def _subcommands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield from action.choices.items()


def _help(parser: argparse.ArgumentParser, name: str) -> str:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return next(str(choice.help) for choice in action._choices_actions if choice.dest == name)
    return ""


def _arguments(parser: argparse.ArgumentParser) -> str:
    rows: list[Row] = []
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        name = ", ".join(action.option_strings) or action.dest.upper()
        value = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        takes = action.option_strings and action.nargs != 0
        rows.append((f"`{name} {value}`" if takes else f"`{name}`", action.help or ""))
    return table(("argument", "meaning"), rows) if rows else ""


# --- events -----------------------------------------------------------------------------------------------------------


def events() -> str:
    from longshore.project.subscriptions import SUBSCRIPTIONS, reactor_name

    rows: list[Row] = []
    for name, text, fields in all_events():
        heard = "<br>".join(f"`{reactor_name(one)}`" for one in SUBSCRIPTIONS.get(name, ()))
        rows.append((f"`{name}`", text, ", ".join(f"`{field}`" for field in fields), heard))
    return (
        "# Events\n\nWhat happened, told after commit, at least once, in the order of their making. The last column is the "
        "table of\nsubscriptions (`project/subscriptions.py`).\n\n"
        + table(("event", "meaning", "content", "heard by"), rows)
    )


def all_events() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, first sentence and fields of every event class, its bases' fields first."""
    for path in sorted(PACKAGE.glob("*/events.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        for node in classes.values():
            named = _declared(node, classes)
            name = named.pop("name", None)
            if isinstance(name, ast.Constant):
                text = (ast.get_docstring(node) or "").split("\n\n")[0]
                yield str(name.value), text, tuple(named)


def _declared(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> dict[str, ast.expr | None]:
    """Annotated names of a class and of the classes of this file that it is made from, as dataclasses order them."""
    found: dict[str, ast.expr | None] = {}
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            found |= _declared(classes[base.id], classes)
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            found[one.target.id] = one.value
    return found


# --- errors -----------------------------------------------------------------------------------------------------------


def errors() -> str:
    rows: list[Row] = [(f"`{code}`", where, sentence, remedy) for code, where, sentence, remedy in all_errors()]
    return (
        "# Refusals\n\nA verb that did nothing says why: a code for machines, a sentence and a remedy for people. The API answers "
        "409 with\n`code`, `sentence`, `remedy` and `fields`; rows of a batch or file carry the same with their row and field.\n\n"
        + table(("code", "from", "sentence", "remedy"), rows)
    )


def all_errors() -> list[tuple[str, str, str, str]]:
    found: dict[str, tuple[str, str, str, str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in path.parts or "engine" in path.parts or path.name == "menu.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = _named_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (told := _refusal(node, named)):
                code, sentence, remedy = told
                known = found.get(code)
                if known is None or (not known[2] and sentence):
                    found[code] = (code, path.relative_to(PACKAGE).parts[0], sentence, remedy)
    return [found[code] for code in sorted(found)]


def _named_texts(tree: ast.Module) -> list[tuple[str, int, str]]:
    """`sentence = _("…")`: the name, its line and its text."""
    return [
        (target.id, node.lineno, text)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and (text := _text(node.value))
        for target in node.targets
        if isinstance(target, ast.Name)
    ]


def _refusal(call: ast.Call, named: list[tuple[str, int, str]]) -> tuple[str, str, str] | None:
    """A call that has a kebab-case code followed by a sentence and a remedy, written there or named just above."""
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    for place, argument in enumerate(given):
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and _is_code(argument.value):
            texts = [_text(later) or _named(later, named) for later in given[place + 1 : place + 3]]
            if any(texts):
                return argument.value, texts[0], texts[1] if len(texts) > 1 else ""
    return None


def _named(node: ast.expr, named: list[tuple[str, int, str]]) -> str:
    if not isinstance(node, ast.Name):
        return ""
    above = [(line, text) for name, line, text in named if name == node.id and line <= node.lineno]
    return max(above)[1] if above else ""


def _is_code(text: str) -> bool:
    return "-" in text and all(letter in CODE for letter in text) and text[0] != "-" and text[-1] != "-"


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        return _text(node.left)
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("_", "gettext", "gettext_lazy") and node.args:
        first = node.args[0]
        return str(first.value) if isinstance(first, ast.Constant) else ""
    return ""


# --- roles, files, API ------------------------------------------------------------------------------------------------


def roles() -> str:
    from django.utils.translation import override

    from longshore.project.roles import ROLES

    rows: list[Row] = []
    for role in ROLES:
        with override("zh-hans"):
            chinese = str(role.title)
        with override("en"):
            acts = "the portal of their company" if role.outside else ", ".join(role.changes) or "nothing"
            rows.append((f"`{role.name}`", str(role.title), chinese, acts))
    return (
        "# Roles\n\nEverybody who is logged in may look at everything; a role says in which parts of the map one may act. Roles are "
        "Django\ngroups, made by `longshore init` from `project/roles.py`. An administrator may also delete and use `/admin/`.\n"
        "`longshore user add NAME --role ROLE` creates a login, `longshore user role NAME ROLE` changes it.\n"
        "People of suppliers and customers belong to a company (`--partner CODE`) and see what [agreements](collaboration.md)\n"
        "share, and nothing else.\n\n" + table(("role", "title", "中文", "may act in"), rows)
    )


def files() -> str:
    from django.utils.translation import override

    from longshore.catalog.imports.registry import all_targets

    parts = [
        "# Import formats\n",
        "`longshore import KIND FILE` or the page *Imports*. CSV, TSV or XLSX; UTF-8 (with or without a mark), UTF-16 or GBK; comma,",
        "semicolon or tab; thousands separators, full-width digits, dates as ISO, Excel or Chinese styles are read as they come.",
        "Columns are found by any of their names in any order; `--map COLUMN=FIELD` names the others. A row is found again by its",
        "key (**bold**), so sending a file again changes what differs and nothing else. Without `--partial` one wrong row stops all.\n",
    ]
    for target in all_targets():
        with override("en"):
            parts.append(f"## {target.name.replace('_', '-')}: {target.label}\n")
        rows: list[Row] = []
        for column in target.columns:
            with override("zh-hans"):
                chinese = str(column.label)
            with override("en"):
                name = f"**`{column.name}`**" if column.attribute in target.key else f"`{column.name}`"
                rows.append(
                    (name, str(column.label), chinese, "yes" if column.needed else "", ", ".join(column.aliases))
                )
        parts.append(table(("column", "meaning", "中文", "needed", "also read as"), rows))
    return "\n".join(parts)


def interface() -> str:
    from longshore.project.api import api

    schema = api.get_openapi_schema()
    rows: list[Row] = []
    for path, verbs in sorted(schema["paths"].items()):
        for verb, operation in verbs.items():
            text = operation.get("description") or operation.get("summary") or ""
            rows.append((f"`{verb.upper()} {path}`", text.split("\n\n")[0]))
    return (
        "# REST API\n\nEverything a page can do. The full description with types is at `/api/openapi.json`, a page to try it at "
        "`/api/docs`.\n\n**Who you are**: `Authorization: Bearer TOKEN` (from `longshore user token NAME`), or the session of the "
        "browser with its CSRF\ntoken. You may do what your role may.\n\n**Ids you choose**: calls that post take a `key` (a UUID of "
        "yours). Sending the same call again changes nothing and returns the\nfirst receipt, so a lost answer is repeated without "
        "fear.\n\n**Refusals**: 409 with `code`, `sentence`, `remedy`, `fields` ([all codes](errors.md)); 422 where the call itself is "
        "malformed; 401, 403, 404\nas usual.\n\n**Live**: `GET /live/stream?topics=…` is a server-sent event stream with ids; "
        "`Last-Event-ID` brings the gap after a broken line.\n\n" + table(("call", "does"), rows)
    )


PAGES = {
    "commands.md": commands,
    "events.md": events,
    "errors.md": errors,
    "roles.md": roles,
    "imports.md": files,
    "api.md": interface,
}


def prepare() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
    os.environ["COLUMNS"] = "100"
    import django
    from django.utils import translation

    from longshore.project import messages

    messages.compile_all()
    django.setup()
    translation.activate("en")


def write() -> list[str]:
    """Write every page that differs; returns their names."""
    changed = []
    for name, make in PAGES.items():
        text = make().rstrip() + "\n"
        path = MANUAL / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    prepare()
    print(f"written: {', '.join(write()) or 'nothing, all pages are true'}", file=sys.stderr)
