"""Which encoding a text file is in: UTF-8, UTF-16 or the GB family, never a guess that spoils a name."""

from __future__ import annotations

import codecs

from django.utils.translation import gettext_lazy as _

from longshore.catalog.imports.cells import UnreadableFile

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_REMEDY = _("Save the file as “CSV UTF-8”, or name its encoding.")


def decode(content: bytes, encoding: str = "") -> tuple[str, str]:
    """The text and the encoding it was in. Refuses what is not certain."""
    if encoding:
        return _strictly(content, encoding), encoding
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _strictly(content, name), name
    wide = _utf16_without_mark(content)
    if wide:
        return _strictly(content, wide), wide
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as wrong:
        return _chinese(content, wrong), "gb18030"


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except LookupError as unknown:
        raise UnreadableFile(
            "unknown-encoding", _("There is no encoding “%(name)s”.") % {"name": encoding}, _REMEDY, name=encoding
        ) from unknown
    except UnicodeDecodeError as wrong:
        raise _broken(content, wrong, encoding) from wrong


def _utf16_without_mark(content: bytes) -> str:
    """UTF-16 text in Latin letters has a NUL in every second byte."""
    head = content[:400]
    if len(head) < 8:
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if odd > half * 0.4 and even == 0:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.4 and odd == 0 else ""


def _chinese(content: bytes, wrong: UnicodeDecodeError) -> str:
    """GB18030 if it really is Chinese; western text read as GB18030 gives rare characters, so those are refused."""
    sound = content.decode("utf-8", errors="ignore")
    replaced = content.decode("utf-8", errors="replace").count("�")
    if sum(1 for letter in sound if ord(letter) > 127) > 4 * replaced:
        raise _broken(content, wrong, "UTF-8") from wrong
    try:
        text = content.decode("gb18030")
    except UnicodeDecodeError as also_wrong:
        raise _broken(content, also_wrong, "UTF-8, GBK") from also_wrong
    foreign = [letter for letter in text if ord(letter) > 127]
    common = sum(1 for letter in foreign if _in_gb2312(letter))
    if common * 2 < len(foreign):
        raise _broken(content, wrong, "UTF-8, GBK") from wrong
    return text


def _in_gb2312(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _broken(content: bytes, wrong: UnicodeDecodeError, tried: str) -> UnreadableFile:
    line = content.count(b"\n", 0, wrong.start) + 1
    return UnreadableFile(
        "broken-encoding",
        _("Line %(line)s holds bytes that are not text in %(tried)s.") % {"line": line, "tried": tried},
        _REMEDY,
        row=line,
        byte=wrong.start,
    )
