from django.contrib import admin

from longshore.web.models import Preference

admin.site.register(Preference, list_display=["user", "language", "theme"])
