"""Pages and API as WSGI; the streams stand beside it in asgi.py."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "longshore.project.settings")
application = get_wsgi_application()
