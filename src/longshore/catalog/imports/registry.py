"""Which things can be imported and exported: the list that project/imports.py spells out."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from longshore.catalog.errors import Refusal
from longshore.catalog.imports.targets import Target


class UnknownTarget(Refusal):
    """Nothing of this name can be imported or exported."""


def all_targets() -> tuple[Target, ...]:
    """In the order in which a new installation would import them. The apps above the catalog are named in settings."""
    return cast("tuple[Target, ...]", import_string(settings.LONGSHORE_IMPORT_TARGETS))


def target_named(name: str) -> Target:
    found = {target.name: target for target in all_targets()}
    wanted = name.replace("-", "_")
    if wanted not in found:
        raise UnknownTarget(
            "unknown-target",
            _("Nothing named “%(name)s” can be imported.") % {"name": name},
            _("Use one of: %(names)s.") % {"names": ", ".join(found)},
            name=name,
        )
    return found[wanted]
