"""The manual says what the program does, or fails here."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
from types import ModuleType

import pytest

from tests.house.sources import PACKAGE, ROOT, modules

MANUAL = ROOT / "docs" / "manual"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    specification = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    module.prepare()
    return module


@pytest.mark.parametrize("page", ["commands.md", "events.md", "errors.md", "roles.md", "imports.md", "api.md"])
def test_reference_pages_are_what_the_code_says(generator: ModuleType, page: str) -> None:
    """Each written page equals what the code gives now; `make docs` writes them."""
    said = (MANUAL / page).read_text(encoding="utf-8")
    assert said == generator.PAGES[page]().rstrip() + "\n", f"docs/manual/{page} is out of date: run `make docs`"


def test_events_are_told_with_all_their_fields(generator: ModuleType) -> None:
    """What an event takes from the class it is made from stands in the page, too, in the order of its making."""
    told = {name: fields for name, _text, fields in generator.all_events()}
    classes = {
        made.name: made
        for path in PACKAGE.glob("*/events.py")
        for made in vars(importlib.import_module(f"longshore.{path.parent.name}.events")).values()
        if dataclasses.is_dataclass(made)
        and hasattr(made, "name")
        and made.__module__.endswith(f"{path.parent.name}.events")
    }
    assert told == {name: tuple(field.name for field in dataclasses.fields(made)) for name, made in classes.items()}


def test_every_setting_is_explained() -> None:
    """Every LONGSHORE_ variable that the code reads stands in settings.md, and no other."""
    read = {name for source in modules() for name in re.findall(r"[\"'](LONGSHORE_[A-Z_]+)[\"']", source.text)}
    told = set(re.findall(r"^\| `(LONGSHORE_[A-Z_]+)`", (MANUAL / "settings.md").read_text(encoding="utf-8"), re.M))
    assert read - told == set()
    assert told - read == set()


def test_every_role_is_used_by_the_command_help(generator: ModuleType) -> None:
    """The help of `user add` names every role."""
    from longshore.project.roles import ROLES

    text = generator.commands()
    assert [role.name for role in ROLES if role.name not in text] == []


def test_links_inside_the_documents_lead_somewhere() -> None:
    """Every relative link of every page leads to a file."""
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *PACKAGE.rglob("README.md")]
    dead = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not dead, "\n".join(dead)


def test_commands_in_the_documents_exist(generator: ModuleType) -> None:
    """Every `longshore …` in README and manual is a command of the program, with options it knows."""
    known = generator.commands()
    pages = [ROOT / "README.md", ROOT / "README.zh-hans.md", *MANUAL.glob("*.md")]
    wrong = []
    for page in pages:
        for command in re.findall(r"(?:bin/|`)longshore ([a-z]+)([^`\n#]*)", page.read_text(encoding="utf-8")):
            name, rest = command
            options = re.findall(r"--[a-z-]+", rest)
            if f"## longshore {name}\n" not in known or any(option not in known for option in options):
                wrong.append(f"{page.name}: longshore {name}{rest}")
    assert not wrong, "\n".join(wrong)


def test_verbs_named_in_the_architecture_exist() -> None:
    """`app.operations.verb` and file names in ARCHITECTURE.md are real."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    code = {source.app: "" for source in modules()}
    for source in modules():
        code[source.app] += source.text
    verbs = re.findall(r"`(\w+)\.operations\.(\w+)`", text)
    assert len(verbs) >= 8
    assert [f"{app}.{verb}" for app, verb in verbs if f"def {verb}(" not in code[app]] == []
    files = re.findall(r"`((?:project|ledger|cli)/\w+\.py)`", text)
    assert [file for file in files if not (PACKAGE / file).exists()] == []
