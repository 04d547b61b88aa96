"""API tokens: shown once, kept only as a digest, revocable."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from django.contrib.auth.models import User

from longshore.catalog.access import side_of
from longshore.project.models import ApiToken
from longshore.tracing.models import EpcisReader

PREFIX = "lsh_"


def issue(*, user: User, name: str, at: datetime) -> str:
    """Make a token for a program that acts as this user; the text returned is not kept anywhere."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(user=user, name=name, digest=_digest(token), created_at=at)
    return token


def revoke(*, token_id: int, at: datetime) -> int:
    """Returns how many tokens this ended: 1, or 0 when it had ended before."""
    return ApiToken.objects.filter(id=token_id, revoked_at__isnull=True).update(revoked_at=at)


def user_of_token(token: str) -> User | None:
    """The active user behind a token, or nobody."""
    known = ApiToken.objects.select_related("user").filter(digest=_digest(token), revoked_at__isnull=True).first()
    return known.user if known is not None and known.user.is_active else None


def insider_of_token(token: str) -> User | None:
    """The same, but nobody who asks on behalf of a partner: those see EPCIS events of theirs and nothing else."""
    user = user_of_token(token)
    return None if user is None or side_of(user) or EpcisReader.objects.filter(user=user).exists() else user


def outsider_of_token(token: str) -> User | None:
    """Somebody of a supplier or customer: for the addresses of the portal."""
    user = user_of_token(token)
    return user if user is not None and side_of(user) else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
