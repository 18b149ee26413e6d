"""The address at which somebody who was added chooses a password: allauth's reset, without mail."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest
from django.urls import reverse

from textrail.domain.accounts.models import User


def invitation_url(request: HttpRequest, user: User) -> str:
    """A link that works once, for PASSWORD_RESET_TIMEOUT (three days), for whoever has it."""
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return request.build_absolute_uri(reverse("account_reset_password_from_key", kwargs=key))
