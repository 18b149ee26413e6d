"""How people sign in: allauth with a closed door for strangers."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

_OBVIOUS = ("account/messages/logged_in.txt", "account/messages/logged_out.txt")


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Members are added by members; nobody signs up. Everybody starts at the first page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *arguments: Any,
        **more: Any,
    ) -> None:
        """Says what changed, but not what whoever just signed in or out can see."""
        if message_template not in _OBVIOUS:
            super().add_message(request, level, message_template, *arguments, **more)
