"""A small, careful XML parser: no entities, no external files, limited depth and number of elements."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 60
MOST_ELEMENTS = 5_000_000
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"


class XmlRefused(Exception):
    """The text is not XML we take; `line` says where."""

    def __init__(self, sentence: str, line: int) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.line = line


@dataclass(slots=True)
class Node:
    """One element. `space` is its name space ("" for none), `prefix` how the document spelled it."""

    space: str
    local: str
    prefix: str
    attributes: dict[tuple[str, str, str], str]
    line: int
    children: list[Node] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.texts).strip()

    def child(self, local: str) -> Node | None:
        return next((node for node in self.children if node.local == local), None)

    def find(self, local: str) -> Node | None:
        """The first descendant with this local name, depth first."""
        for node in self.children:
            found = node if node.local == local else node.find(local)
            if found is not None:
                return found
        return None

    def plain_attributes(self) -> dict[str, str]:
        return {local: value for (space, local, _), value in self.attributes.items() if not space}


class _Builder:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.namespace_prefixes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.EntityDeclHandler = self.entity
        self.parser.StartNamespaceDeclHandler = self.declare
        self.open: list[Node] = []
        self.root: Node | None = None
        self.count = 0
        self.spaces: dict[str, str] = {}

    def declare(self, prefix: str | None, uri: str | None) -> None:
        self.spaces.setdefault(prefix or "", uri or "")

    def entity(self, *_declared: object) -> None:
        raise XmlRefused("Entities may not be declared.", self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if len(self.open) >= DEEPEST or self.count > MOST_ELEMENTS:
            raise XmlRefused("The document nests too deeply or has too many elements.", line)
        space, local, prefix = _parts(name)
        node = Node(space, local, prefix, {_parts(key): value for key, value in attributes.items()}, line)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].texts.append(text)


def parse(document: bytes) -> tuple[Node, dict[str, str]]:
    """The root element, and prefix → name space as declared (the first of each prefix)."""
    builder = _Builder()
    try:
        builder.parser.Parse(document, True)
    except expat.ExpatError as error:
        raise XmlRefused(f"Not well-formed XML: {expat.ErrorString(error.code)}.", error.lineno) from error
    assert builder.root is not None
    return builder.root, builder.spaces


def _parts(name: str) -> tuple[str, str, str]:
    parts = name.split(" ")
    if len(parts) == 1:
        return "", parts[0], ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""
