"""Every Python sample of the manual runs as it stands there, a page from top to bottom."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "manual"
FENCED = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
ELSEWHERE = {"devices.md"}  # speaks to a gateway: run by the test of that page
PAGES = sorted(
    page.name
    for page in MANUAL.glob("*.md")
    if page.name not in ELSEWHERE and FENCED.search(page.read_text(encoding="utf-8"))
)


@pytest.mark.django_db
@pytest.mark.parametrize("page", PAGES)
def test_samples_of_a_page_run(page: str) -> None:
    """Blocks with >>> print what stands below them; plain blocks run without an error; names last to the end of the page."""
    known: dict[str, object] = {}
    runner, parser = (
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE),
        doctest.DocTestParser(),
    )
    for number, block in enumerate(FENCED.findall((MANUAL / page).read_text(encoding="utf-8")), start=1):
        if ">>>" not in block:
            exec(compile(block, f"{page}, sample {number}", "exec"), known)
            continue
        told: list[str] = []
        test = parser.get_doctest(block, known, f"{page}, sample {number}", page, 0)
        result = runner.run(test, out=told.append, clear_globs=False)
        known.update(test.globs)
        assert result.failed == 0, "".join(told)
