from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TwinConfig(AppConfig):
    name = "longshore.twin"
    label = "twin"
    verbose_name = _("Simulated world")
