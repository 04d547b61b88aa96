"""Names of extension fields: the prefixes of a document's context, and what a name means in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from longshore.tracing.epcis.vocabulary import KNOWN_PREFIXES


def prefixes_of(*contexts: object) -> dict[str, str]:
    """Prefix → name space, of JSON-LD contexts; a later one wins."""
    known = dict(KNOWN_PREFIXES)
    for context in contexts:
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                known.update({name: space for name, space in part.items() if isinstance(space, str)})
    return known


def own_contexts(*contexts: object) -> list[dict[str, Any]]:
    """What contexts say beyond the standard's own: the objects in them."""
    parts = [part for context in contexts for part in (context if isinstance(context, list) else [context])]
    return [part for part in parts if isinstance(part, dict)]


def split_name(name: str, prefixes: Mapping[str, str]) -> tuple[str, str]:
    """Name space and local name. `ex:size` by its prefix; a whole URI after its last separator."""
    head, colon, rest = name.partition(":")
    if colon and head in prefixes and not rest.startswith("//"):
        return prefixes[head], rest
    for separator in ("#", "/"):
        if separator in name:
            at = name.rindex(separator) + 1
            return name[:at], name[at:]
    if colon:
        at = name.rindex(":")
        return name[:at], name[at + 1 :]
    return "", name


def full_name(name: str, prefixes: Mapping[str, str]) -> str:
    """One text for a name however it is spelled: `{name space}local`, the slash at the end of the space left out."""
    space, local = split_name(name, prefixes)
    return "{" + space.rstrip("/#:") + "}" + local


def keepable(value: object) -> object:
    """The same without the character NUL, which PostgreSQL's text cannot hold; in values, not in their JSON, where a
    backslash before it would be left alone."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [keepable(each) for each in value]
    if isinstance(value, dict):
        return {str(keepable(name)): keepable(each) for name, each in value.items()}
    return value
