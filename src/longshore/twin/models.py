"""The clock of a world that is not live: where a demo, replay or drill stands."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class World(models.Model):
    """One simulated or replayed world. `now` is its clock; a living demo advances it and resumes from it."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=20)
    seed = models.BigIntegerField(_("seed"), default=0)
    now = models.DateTimeField(_("simulated now"))
    speed = models.PositiveIntegerField(_("simulated seconds a second"), default=1)
    state = models.JSONField(_("state"), default=dict)

    class Meta:
        verbose_name = _("world")
        verbose_name_plural = _("worlds")

    def __str__(self) -> str:
        return self.name
