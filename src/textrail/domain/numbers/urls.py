"""Addresses below a business, `/b/<slug:business>/`."""

from __future__ import annotations

from django.urls import path

from textrail.domain.numbers import pages

app_name = "numbers"
urlpatterns = [
    path("numbers/", pages.numbers, name="numbers"),
    path("numbers/new/", pages.new_number, name="new"),
    path("numbers/find/", pages.find, name="find"),
    path("numbers/owned/", pages.owned, name="owned"),
    path("numbers/buy/", pages.buy, name="buy"),
    path("numbers/orders/<int:order_id>/", pages.order, name="order"),
    path("numbers/orders/<int:order_id>/again/", pages.order_again, name="order_again"),
    path("numbers/connections/", pages.carriers, name="carriers"),
    path(
        "numbers/connections/<int:connection_id>/check/",
        pages.check_carrier,
        name="check_carrier",
    ),
    path(
        "numbers/connections/<int:connection_id>/remove/",
        pages.remove_carrier,
        name="remove_carrier",
    ),
    path("numbers/hours/", pages.hours_list, name="hours_list"),
    path("numbers/hours/new/", pages.new_hours, name="new_hours"),
    path("numbers/hours/<int:hours_id>/", pages.hours, name="hours"),
    path("numbers/hours/<int:hours_id>/edit/", pages.edit_hours, name="edit_hours"),
    path("numbers/hours/<int:hours_id>/remove/", pages.remove_hours, name="remove_hours"),
    path("numbers/hours/<int:hours_id>/special/", pages.special_day, name="special_day"),
    path("numbers/flows/", pages.flows, name="flows"),
    path("numbers/flows/new/", pages.new_flow, name="new_flow"),
    path("numbers/flows/<int:flow_id>/", pages.flow, name="flow"),
    path("numbers/flows/<int:flow_id>/change/", pages.change_flow, name="change_flow"),
    path("numbers/flows/<int:flow_id>/step/", pages.edit_step, name="edit_step"),
    path("numbers/flows/<int:flow_id>/try/", pages.try_flow, name="try_flow"),
    path("numbers/sounds/", pages.sounds, name="sounds"),
    path("numbers/sounds/add/", pages.add_sound, name="add_sound"),
    path("numbers/sounds/<int:sound_id>/", pages.sound_file, name="sound_file"),
    path("numbers/sounds/<int:sound_id>/remove/", pages.remove_sound, name="remove_sound"),
    path("numbers/<int:number_id>/", pages.number, name="number"),
    path("numbers/<int:number_id>/edit/", pages.edit, name="edit"),
    path("numbers/<int:number_id>/connect/", pages.connect, name="connect"),
    path("numbers/<int:number_id>/release/", pages.release, name="release"),
    path("numbers/<int:number_id>/give-back/", pages.give_back, name="give_back"),
    path("numbers/<int:number_id>/registration/", pages.register, name="register"),
]
