"""The commands that an operator types first."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from textrail.domain.accounts.models import Business, User
from textrail.domain.conversions.models import ConversionType
from textrail.domain.numbers.models import Connection
from textrail.project import doctor, settings, start
from textrail.project.setting_up import files_are_old
from textrail.vocabulary.errors import Conflict, Malformed

pytestmark = pytest.mark.django_db


def add(email: str = "ada@x.example", business: str = "Harbor HVAC") -> Business:
    return start.add_owner(settings.CONFIG, email=email, business=business, password="x" * 12)


def test_the_first_owner_has_all_that_a_trial_needs_and_runs_the_installation() -> None:
    first = add()
    assert ConversionType.objects.filter(business=first).exists()
    assert Connection.objects.get(business=first).carrier == "simulator"
    add("cy@x.example", "Harbor HVAC")
    operators = User.objects.filter(is_operator=True).values_list("email", flat=True)
    assert list(operators) == ["ada@x.example"]
    assert Business.objects.values_list("slug", flat=True).distinct().count() == 2


@pytest.mark.parametrize("email", ["nomail", "", "a@b", "a b@x.example"])
def test_what_is_not_an_address_makes_nobody(email: str) -> None:
    with pytest.raises(Malformed):
        add(email)
    assert not User.objects.exists()


def test_an_address_signs_in_once() -> None:
    add()
    with pytest.raises(Conflict):
        add("Ada@x.example", "Another")


def test_the_doctor_says_what_is_missing() -> None:
    settings.CONFIG.secret_key()
    findings = {finding.code: finding for finding in doctor.examine(settings.CONFIG)}
    assert findings["TR003"].good
    assert not findings["TR005"].good
    assert "textrail owner" in findings["TR005"].hint
    add()
    assert {f.code: f.good for f in doctor.examine(settings.CONFIG)}["TR005"]


def test_files_of_pages_are_made_anew_when_an_upgrade_brought_others(tmp_path: Path) -> None:
    config = replace(settings.CONFIG, data=tmp_path)
    assert files_are_old(config)
    listed = tmp_path / "static" / "staticfiles.json"
    listed.parent.mkdir()
    listed.write_text("{}")
    assert not files_are_old(config)
    source = finders.find("web/parts.css")
    assert isinstance(source, str)
    before = Path(source).stat().st_mtime - 1
    os.utime(listed, (before, before))
    assert files_are_old(config)
