from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TowerConfig(AppConfig):
    name = "longshore.tower"
    label = "tower"
    verbose_name = _("Control tower")
