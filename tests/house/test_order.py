"""One order everywhere: imports, INSTALLED_APPS, the menu, the map and the subscriptions."""

from __future__ import annotations

import re
import tomllib

from django.conf import settings

from longshore.project.subscriptions import SUBSCRIPTIONS, reactor_name, reactors_by_name
from tests.house.sources import PACKAGE, ROOT

APPS = [name.rpartition(".")[2] for name in settings.LONGSHORE_APPS]


def _in_order(names: list[str]) -> bool:
    places = [APPS.index(name) for name in names]
    return places == sorted(places)


def test_installed_apps_are_the_folders_there_are() -> None:
    """Every folder with an apps.py is installed, in the order of the map."""
    folders = {path.parent.name for path in PACKAGE.glob("*/apps.py")}
    assert set(APPS) == folders
    assert [f"longshore.{name}" for name in APPS] == [
        app for app in settings.INSTALLED_APPS if app.startswith("longshore.")
    ]


def test_the_architecture_map_has_the_same_order() -> None:
    """The table of ARCHITECTURE.md lists engine and then the apps as installed."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    mapped = re.findall(r"^\| `(\w+)` \|", text, re.M)
    assert mapped == ["engine", *APPS]


def test_the_menu_has_the_same_order() -> None:
    """Pages stand in the menu's table in the order of their apps."""
    from longshore.web.menu import MENU

    assert _in_order([entry.app for entry in MENU])


def test_import_contracts_have_the_same_order() -> None:
    """The layers that import-linter reads are the same list, upside down."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if "Between apps" in contract["name"])
    names = [name.strip().removeprefix("longshore.") for layer in reversed(layers) for name in layer.split(":")]
    assert names == ["engine", *APPS, "cli"]


def test_events_are_subscribed_in_the_same_order() -> None:
    """The table goes through the apps in order, and so do the reactors of each event."""
    assert _in_order([name.partition(".")[0] for name in SUBSCRIPTIONS])
    for name, reactors in SUBSCRIPTIONS.items():
        assert _in_order([reactor_name(reactor).partition(".")[0] for reactor in reactors]), name


def test_only_events_that_exist_are_subscribed() -> None:
    """Every name of the table is an event of the app it names."""
    known = {
        name
        for path in PACKAGE.glob("*/events.py")
        for name in re.findall(r"name: ClassVar\[str\] = \"([^\"]+)\"", path.read_text(encoding="utf-8"))
    }
    assert set(SUBSCRIPTIONS) - known == set()


def test_reactors_have_names_of_their_own() -> None:
    """Two reactors with one name would be told as one."""
    every = {reactor for reactors in SUBSCRIPTIONS.values() for reactor in reactors}
    assert len(reactors_by_name()) == len(every)


def test_every_app_explains_itself() -> None:
    """Each app and each folder of the engine has a README."""
    folders = [PACKAGE / name for name in APPS] + [path.parent for path in (PACKAGE / "engine").glob("*/problem.py")]
    missing = [str(folder.relative_to(ROOT)) for folder in folders if not (folder / "README.md").exists()]
    assert not missing, "\n".join(missing)
