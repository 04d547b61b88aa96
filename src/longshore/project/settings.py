"""Django's settings. Everything a site may choose comes from LONGSHORE_* variables; see docs/manual/settings.md."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from longshore.project import home
from longshore.project.database.url import settings_for

PACKAGE = Path(__file__).resolve().parent.parent


def _listed(name: str, default: str) -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


DEBUG = os.environ.get("LONGSHORE_DEBUG") == "1"
SECRET_KEY = home.secret_key()
HTTPS = os.environ.get("LONGSHORE_HTTPS") == "1"
ALLOWED_HOSTS = _listed("LONGSHORE_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = _listed("LONGSHORE_ORIGINS", "")

# The order of DESIGN §4. The menu, ARCHITECTURE.md and the subscriptions follow it; tests/house keeps them equal.
LONGSHORE_APPS = [
    "longshore.catalog",
    "longshore.ledger",
    "longshore.sensing",
    "longshore.ordering",
    "longshore.planning",
    "longshore.sourcing",
    "longshore.storing",
    "longshore.shipping",
    "longshore.returning",
    "longshore.tracing",
    "longshore.tower",
    "longshore.twin",
    "longshore.project",
    "longshore.web",
]
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "ninja",  # its pages of the API come from our own host
    "procrastinate.contrib.django",
    *LONGSHORE_APPS,
]
# What can be imported and exported; the catalog reads it without importing the apps above it.
LONGSHORE_IMPORT_TARGETS = "longshore.project.imports.TARGETS"
# How the lower apps learn whose token a program brought.
LONGSHORE_DOCUMENTS = "longshore.project.documents.known_as"
LONGSHORE_TOKEN_USER = "longshore.project.tokens.user_of_token"
LONGSHORE_DRAIN = "longshore.project.dispatcher.drain_outbox"
# A difference a sensor shows is posted without a person up to this share and this value (minor units).
LONGSHORE_COUNT_PERCENT = int(os.environ.get("LONGSHORE_COUNT_PERCENT", "2"))
LONGSHORE_COUNT_VALUE = int(os.environ.get("LONGSHORE_COUNT_VALUE", "10000"))
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "longshore.web.gate.partners_stay_in_their_portal",
    "longshore.web.csp.content_security_policy",
    "longshore.web.clock.business_clock",
    "longshore.web.too_much.RefuseWhatIsTooMuch",
]
ROOT_URLCONF = "longshore.project.urls"
WSGI_APPLICATION = "longshore.project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "longshore.web.context.shell",
            ],
        },
    },
]

DATABASES = {
    "default": settings_for(os.environ.get("LONGSHORE_DATABASE_URL"), os.environ.get("LONGSHORE_DATABASE_NAME"))
}
if os.environ.get("LONGSHORE_TEST_DB"):
    DATABASES["default"]["TEST"] = {"NAME": f"test_{os.environ['LONGSHORE_TEST_DB']}"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/login/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [PACKAGE / app.rpartition(".")[2] / "locale" for app in LONGSHORE_APPS]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["longshore.project.formats"]

STATIC_URL = "/static/"
STATIC_ROOT = None  # nothing is collected: whitenoise serves the files from the package
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = home.directory() / "media"
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000  # a contract has seven for each item its supplier offers

# Without a mail server customers' notices are shown on the order's page only.
_MAIL = urlsplit(os.environ.get("LONGSHORE_MAIL_URL", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL.hostname else 'dummy'}.EmailBackend"
EMAIL_HOST = _MAIL.hostname or ""
EMAIL_PORT = _MAIL.port or 25
EMAIL_HOST_USER = unquote(_MAIL.username or "")
EMAIL_HOST_PASSWORD = unquote(_MAIL.password or "")
EMAIL_USE_SSL = _MAIL.scheme == "smtps"
EMAIL_USE_TLS = _MAIL.scheme == "smtp+tls"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("LONGSHORE_MAIL_FROM", "Longshore <longshore@localhost>")

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LONGSHORE_LOG_LEVEL", "WARNING")},
}

PROCRASTINATE_ON_APP_READY = "longshore.project.jobs.on_app_ready"
