from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrderingConfig(AppConfig):
    name = "longshore.ordering"
    label = "ordering"
    verbose_name = _("Orders")
