"""Every text a person sees exists in Chinese: in Python, in templates and in scripts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.utils.translation import to_locale

from longshore.project import messages
from tests.house.sources import PACKAGE, modules

CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
TRANSLATE = re.compile(r"{%\s*(?:translate|trans)\s+(\"[^\"]*\"|'[^']*')(?:\s+context\s+[\"']([^\"']*)[\"'])?")
BLOCK = re.compile(
    r"{%\s*block(?:translate|trans)\b([^%]*)%}(.*?)(?:{%\s*plural\s*%}(.*?))?{%\s*endblock(?:translate|trans)\s*%}",
    re.S,
)
FILTERED = re.compile(r"{[{%][^}]*?_\((\"[^\"]*\"|'[^']*')\)")
SCRIPT = re.compile(r"(?<![\w.$])(?:gettext|_)\(\s*(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]")


@cache
def catalogue() -> dict[str, messages.Entry]:
    """Every Chinese entry, by the same key the program looks it up with."""
    files = PACKAGE.rglob(f"locale/{to_locale('zh-hans')}/LC_MESSAGES/*.po")
    return {entry.key(): entry for file in files for entry in messages.read(file) if entry.id}


def _python() -> Iterator[tuple[str, str]]:
    for source in modules():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in CALLS:
                yield from _of_call(node, f"{source.name}:{node.lineno}")


def _of_call(node: ast.Call, where: str) -> Iterator[tuple[str, str]]:
    texts = [part.value for part in node.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    name = ast.unparse(node.func).rpartition(".")[2]
    if name.startswith("pgettext") and len(texts) >= 2:
        yield where, f"{texts[0]}\x04{texts[1]}"
    elif name.startswith("ngettext") and len(texts) >= 2:
        yield where, f"{texts[0]}\0{texts[1]}"
    elif texts:
        yield where, texts[0]


def _templates() -> Iterator[tuple[str, str]]:
    for file in PACKAGE.rglob("templates/**/*.html"):
        text, name = file.read_text(encoding="utf-8"), file.relative_to(PACKAGE).as_posix()
        for quoted, context in TRANSLATE.findall(text):
            yield name, f"{context}\x04{quoted[1:-1]}" if context else quoted[1:-1]
        for quoted in FILTERED.findall(text):
            yield name, quoted[1:-1]
        for options, singular, plural in BLOCK.findall(text):
            one, many = (_block(part, "trimmed" in options) for part in (singular, plural))
            yield name, f"{one}\0{many}" if plural else one


def _block(text: str, trimmed: bool) -> str:
    named = re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", text.replace("%", "%%"))
    return " ".join(line.strip() for line in named.strip().splitlines()) if trimmed else named


def _scripts() -> Iterator[tuple[str, str]]:
    for file in (PACKAGE / "web" / "static" / "face").rglob("*.js"):
        for quoted in SCRIPT.findall(file.read_text(encoding="utf-8")):
            yield file.relative_to(PACKAGE).as_posix(), str(ast.literal_eval(quoted))


def _missing(used: Iterator[tuple[str, str]]) -> list[str]:
    known = catalogue()
    return sorted({f"{where}: {key!r}" for where, key in used if key and not _translated(known.get(key))})


def _translated(entry: messages.Entry | None) -> bool:
    return entry is not None and not entry.fuzzy and all(entry.forms.values()) and bool(entry.forms)


def test_texts_in_python_are_translated() -> None:
    """Every msgid of a gettext call has a Chinese entry that is neither empty nor fuzzy."""
    missing = _missing(_python())
    assert not missing, f"{len(missing)} without Chinese:\n" + "\n".join(missing)


def test_texts_in_templates_are_translated() -> None:
    """The same for templates."""
    missing = _missing(_templates())
    assert not missing, f"{len(missing)} without Chinese:\n" + "\n".join(missing)


def test_texts_in_scripts_are_translated() -> None:
    """The same for scripts."""
    missing = _missing(_scripts())
    assert not missing, f"{len(missing)} without Chinese:\n" + "\n".join(missing)


def test_no_entry_is_fuzzy() -> None:
    """A guess of a tool is no translation."""
    fuzzy = [entry.id for entry in catalogue().values() if entry.fuzzy]
    assert not fuzzy


def test_placeholders_survive_translation() -> None:
    """A translation uses the names of its original, no others; a wrong one would fail when it is shown."""
    wrong = [
        f"{entry.id!r} → {form!r}"
        for entry in catalogue().values()
        for form in entry.forms.values()
        if not set(PLACEHOLDER.findall(form)) <= set(PLACEHOLDER.findall(entry.id + (entry.plural or "")))
    ]
    assert not wrong, "\n".join(wrong)


def test_texts_in_templates_are_marked() -> None:
    """No template holds Chinese characters or a visible English sentence outside a translation tag."""
    chinese = [
        f"{file.relative_to(PACKAGE)}:{number}: {line.strip()}"
        for file in PACKAGE.rglob("templates/**/*.html")
        for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"[\u4e00-\u9fff]", line) and "中文" not in line
    ]
    assert not chinese, "\n".join(chinese)


def test_a_text_has_one_translation() -> None:
    """Two apps that use the same English words say the same in Chinese: the catalogues are one when the program runs."""
    said: dict[str, set[str]] = {}
    for file in PACKAGE.rglob(f"locale/{to_locale('zh-hans')}/LC_MESSAGES/*.po"):
        for entry in messages.read(file):
            if entry.id:
                said.setdefault(entry.key(), set()).add(entry.forms.get(0, ""))
    assert {key: forms for key, forms in said.items() if len(forms) > 1} == {}
