"""Who and what is there on the first day: members, numbers, answers, contacts, the shop's key."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import NewContact
from textrail.domain.conversions import actions as conversions
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import AnswerTrigger
from textrail.domain.numbers import actions as numbers
from textrail.domain.numbers.models import Connection, TrackingNumber
from textrail.project.config import Config
from textrail.project.demo import calls, story
from textrail.project.demo.answers import add_answers
from textrail.project.demo.stage import Stage
from textrail.vocabulary.phone import PhoneNumber


@dataclass(frozen=True, slots=True)
class Cast:
    """What the story needs to go on with."""

    business: Business
    members: dict[str, User]
    numbers: dict[str, TrackingNumber]
    contacts: list[Contact]


def prepare(stage: Stage, config: Config) -> Cast:
    """Everything of the first day, by the same actions that the pages call."""
    at = stage.clock.now()
    with transaction.atomic():
        members = {
            member.name: User.objects.create_user(member.email, story.PASSWORD, name=member.name)
            for member in story.MEMBERS
        }
        ada, *others = members.values()
        User.objects.filter(id=ada.id).update(is_operator=True)
        business = _business(stage, story.BUSINESS, story.SLUG, ada)
        for member, user in zip(story.MEMBERS[1:], others, strict=True):
            accounts.add_member(
                business=business, email=user.email, role=member.role, at=at, actor=ada
            )
        _business(stage, story.SECOND_BUSINESS, story.SECOND_SLUG, ada)
        held = _numbers(stage, business)
        calls.set_up(stage, business, held)
        people = _contacts(stage, business)
        key = accounts.create_api_key(
            business=business, name="Harbor Supply shop", at=at, actor=ada
        )
    stage.world.configure_shop(f"{config.links_url}/v1/track", key.plain)
    return Cast(business, members, held, people)


def _business(stage: Stage, name: str, slug: str, owner: User) -> Business:
    at = stage.clock.now()
    business = accounts.create_business(account_name=name, name=name, slug=slug, owner=owner, at=at)
    conversions.add_default_types(business=business, at=at)
    add_answers(business, at=at)
    return business


def _numbers(stage: Stage, business: Business) -> dict[str, TrackingNumber]:
    at = stage.clock.now()
    connection = numbers.connect_carrier(
        business=business,
        carrier="simulator",
        account_ref=f"SIM{business.pk}",
        secret=secrets.token_urlsafe(24),
        seal=stage.context.seal,
        at=at,
    )
    held = {}
    for each in story.NUMBERS:
        number = numbers.add_number(
            business=business,
            connection=connection,
            phone=each.phone,
            name=each.name,
            source_name=each.name,
            channel=each.channel,
            at=at,
        )
        answers = (
            (AnswerTrigger.FIRST_TEXT, story.FIRST_ANSWER),
            (AnswerTrigger.MISSED_CALL, story.MISSED_CALL_ANSWER),
        )
        for trigger, body in answers:
            inbox.set_answer(
                business=business, number=number, trigger=trigger, body=body, enabled=True, at=at
            )
        held[each.phone] = number
    _buy_one(business, connection, at)
    return held


def _buy_one(business: Business, connection: Connection, at: datetime) -> None:
    """Bought as its owner would; toll-free, so that its page shows what a registration asks for."""
    numbers.order_number(
        business=business,
        connection=connection,
        offer=story.RADIO_NUMBER,
        name="Radio spot",
        source_name="Radio spot",
        channel="offline",
        sms_enabled=True,
        at=at,
        actor=None,
    )
    numbers.check_connection(connection=connection, at=at)


def _contacts(stage: Stage, business: Business) -> list[Contact]:
    rows = []
    for index in range(story.CONTACTS):
        phone = story.contact_phone(index)
        name = f"{stage.random.choice(story.FIRST_NAMES)} {stage.random.choice(story.LAST_NAMES)}"
        tags = tuple(tag for tag, share in story.TAGS.items() if stage.random.random() < share)
        rows.append(NewContact(phone=PhoneNumber(phone), name=name, tags=tags))
    contacts.add_contacts(business=business, rows=rows, at=stage.clock.now())
    return list(Contact.objects.filter(business=business).order_by("id"))
