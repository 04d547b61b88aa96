"""Compiles the catalogues of translations without gettext's own tools: `python -m longshore.project.messages`."""

from __future__ import annotations

import ast
import struct
import sys
from dataclasses import dataclass, field
from pathlib import Path

MAGIC = 0x950412DE
PACKAGE = Path(__file__).resolve().parent.parent


class CatalogueError(Exception):
    """A .po file that cannot be read; names the file and line."""


@dataclass(slots=True)
class Entry:
    """One message as the file has it; `forms` are the plural forms, the only one has number 0."""

    context: str | None = None
    id: str = ""
    plural: str | None = None
    forms: dict[int, str] = field(default_factory=dict)
    fuzzy: bool = False

    def key(self) -> str:
        text = self.id if self.plural is None else f"{self.id}\0{self.plural}"
        return text if self.context is None else f"{self.context}\x04{text}"

    def value(self) -> str:
        return "\0".join(self.forms[number] for number in sorted(self.forms))


def read(path: Path) -> list[Entry]:
    """Every entry of a catalogue, the header (empty id) first."""
    entries: list[Entry] = []
    current, target, fuzzy = Entry(), "", False
    for number, raw in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        keyword, _, rest = line.partition(" ")
        if line.startswith('"'):
            keyword, rest = target, line
        elif keyword in ("msgctxt", "msgid") and current.forms:
            entries.append(current)
            current = Entry()
        if keyword == "msgid" and not line.startswith('"'):
            current.fuzzy, fuzzy = fuzzy, False
        _add(current, keyword, _text(rest, path, number))
        target = keyword
    return [*entries, current] if current.forms else entries


def _text(quoted: str, path: Path, number: int) -> str:
    try:
        return str(ast.literal_eval(quoted.strip()))
    except (SyntaxError, ValueError) as error:
        raise CatalogueError(f"{path}:{number}: not a quoted text: {quoted}") from error


def _add(entry: Entry, keyword: str, text: str) -> None:
    if keyword == "msgctxt":
        entry.context = (entry.context or "") + text
    elif keyword == "msgid":
        entry.id += text
    elif keyword == "msgid_plural":
        entry.plural = (entry.plural or "") + text
    elif keyword.startswith("msgstr"):
        form = int(keyword[7:-1]) if keyword.startswith("msgstr[") else 0
        entry.forms[form] = entry.forms.get(form, "") + text
    else:
        raise CatalogueError(f"unknown keyword {keyword}")


def compiled(entries: list[Entry]) -> bytes:
    """The .mo file: a table of ids in order, a table of translations, then the texts."""
    pairs = sorted(
        (entry.key().encode(), entry.value().encode()) for entry in entries if not entry.fuzzy and entry.value()
    )
    ids, texts, offsets = b"", b"", []
    for key, value in pairs:
        offsets.append((len(ids), len(key), len(texts), len(value)))
        ids, texts = ids + key + b"\0", texts + value + b"\0"
    ids_at = 28 + 16 * len(pairs)
    texts_at = ids_at + len(ids)
    table = [number for at, length, _, _ in offsets for number in (length, ids_at + at)]
    table += [number for _, _, at, length in offsets for number in (length, texts_at + at)]
    header = struct.pack("<7I", MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return header + struct.pack(f"<{len(table)}I", *table) + ids + texts


def compile_all(root: Path = PACKAGE) -> int:
    """Compile what is newer than its result; returns how many catalogues there are."""
    catalogues = sorted(root.rglob("locale/*/LC_MESSAGES/*.po"))
    for path in catalogues:
        result = path.with_suffix(".mo")
        if not result.exists() or result.stat().st_mtime < path.stat().st_mtime:
            result.write_bytes(compiled(read(path)))
    return len(catalogues)


if __name__ == "__main__":
    print(f"{compile_all()} catalogues compiled.", file=sys.stderr)
