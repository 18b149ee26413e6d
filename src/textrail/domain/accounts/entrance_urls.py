"""Addresses outside every business: home, style guide and signing in. Names are allauth's own.

Only the parts of allauth that Textrail offers are here, each in a template of ours. Signing up is
closed; its address stays because allauth's views ask for it.
"""

from __future__ import annotations

from allauth.account import views
from django.urls import path, re_path

from textrail.domain.accounts import pages
from textrail.domain.accounts.access import open_page, signed_in_page
from textrail.domain.accounts.styleguide import styleguide

_login = views.LoginView.as_view(template_name="accounts/login.html")
_logout = views.LogoutView.as_view(template_name="accounts/logout.html")
_closed = views.SignupView.as_view(template_name_signup_closed="accounts/signup_closed.html")
_inactive = views.AccountInactiveView.as_view(template_name="accounts/inactive.html")
_change = views.PasswordChangeView.as_view(template_name="accounts/password_change.html")
_reset = views.PasswordResetView.as_view(template_name="accounts/password_reset.html")
_reset_sent = views.PasswordResetDoneView.as_view(template_name="accounts/password_reset_sent.html")
_choose = views.PasswordResetFromKeyView.as_view(template_name="accounts/password_choose.html")
_chosen = views.PasswordResetFromKeyDoneView.as_view(template_name="accounts/password_chosen.html")

urlpatterns = [
    path("", pages.home, name="home"),
    path("styleguide/", styleguide, name="styleguide"),
    path("account/login/", open_page(_login), name="account_login"),
    path("account/logout/", open_page(_logout), name="account_logout"),
    path("account/signup/", open_page(_closed), name="account_signup"),
    path("account/inactive/", open_page(_inactive), name="account_inactive"),
    path("account/password/", signed_in_page(_change), name="account_change_password"),
    path("account/password/reset/", open_page(_reset), name="account_reset_password"),
    path("account/password/sent/", open_page(_reset_sent), name="account_reset_password_done"),
    re_path(
        r"^account/password/choose/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        open_page(_choose),
        name="account_reset_password_from_key",
    ),
    path(
        "account/password/chosen/", open_page(_chosen), name="account_reset_password_from_key_done"
    ),
]
