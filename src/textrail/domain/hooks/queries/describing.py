"""What an event has to tell: its subject as it stands now, read from the rooms below."""

from __future__ import annotations

from collections.abc import Callable

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import models as people
from textrail.domain.contacts import queries as contacts
from textrail.domain.conversions.models import Conversion
from textrail.domain.hooks import siblings
from textrail.domain.hooks.rules import payloads
from textrail.domain.inbox.models import Call, Message
from textrail.domain.links.models import Click, Link
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.events import Event, EventName


def described(business: Business, event: Event) -> payloads.Data | None:
    """The data of an event; None when its subject is gone, or is none of this business's."""
    return _DESCRIBERS[event.name](business, event)


def _clicked(business: Business, event: Event) -> payloads.Clicked | None:
    rows = Click.objects.filter(business=business, click_id=event.subject["click_id"])
    click = rows.select_related("link", "contact").first()
    if click is None:
        return None
    campaign, variant = _campaign(business, click.campaign_id, click.variant_id)
    return payloads.Clicked(
        click_id=click.click_id,
        at=click.at,
        link=payloads.Named(id=click.link_id, name=click.link.name),
        campaign=campaign,
        variant=variant,
        contact=_contact(click.contact),
        device=click.device,
        os=click.os,
        browser=click.browser,
        place=_place(click),
        verdict=click.verdict,
        reasons=list(click.reasons),
    )


def _checked(business: Business, event: Event) -> payloads.Checked | None:
    link = Link.objects.filter(business=business, id=event.subject["link_id"]).first()
    newest = link.checks.order_by("-id").first() if link else None
    if link is None or newest is None:
        return None
    campaign, _ = _campaign(business, link.campaign_id, None)
    found = link.checks.filter(at=newest.at).exclude(problem="").order_by("id")
    return payloads.Checked(
        at=newest.at,
        link=payloads.Named(id=link.pk, name=link.name),
        campaign=campaign,
        problems=[
            payloads.FoundWrong(
                part=row.part, address=row.address, problem=row.problem, sentence=row.sentence
            )
            for row in found
        ],
    )


def _place(click: Click) -> payloads.Place | None:
    if not (click.country or click.region or click.city):
        return None
    return payloads.Place(country=click.country, region=click.region, city=click.city)


def _text(business: Business, event: Event) -> payloads.Text | None:
    rows = Message.objects.filter(business=business, id=event.subject["message_id"])
    message = rows.select_related("number", "contact").first()
    if message is None:
        return None
    campaign, variant = _campaign(business, message.campaign_id, message.variant_id)
    return payloads.Text(
        id=message.pk,
        at=message.at,
        direction=message.direction,
        kind=message.kind,
        status=message.status,
        number=_number(message.number),
        contact=_known(message.contact),
        body=message.body,
        segments=message.segments,
        files=message.attachments.count(),
        campaign=campaign,
        variant=variant,
        error_code=message.error_code,
        error=message.error,
    )


def _call(business: Business, event: Event) -> payloads.Call | None:
    rows = Call.objects.filter(business=business, id=event.subject["call_id"])
    call = rows.select_related("number", "contact").first()
    if call is None:
        return None
    return payloads.Call(
        id=call.pk,
        at=call.at,
        status=call.status,
        seconds=call.duration_seconds,
        voicemail=call.voicemail,
        number=_number(call.number),
        contact=_known(call.contact),
    )


def _converted(business: Business, event: Event) -> payloads.Converted | None:
    rows = Conversion.objects.filter(business=business, id=event.subject["conversion_id"])
    row = rows.select_related("type").defer("properties").first()
    if row is None:
        return None
    whose = contacts.contacts_of_persons(business, [row.person_id]).get(row.person_id)
    return payloads.Converted(
        id=row.pk,
        at=row.at,
        type=payloads.Named(id=row.type_id, name=row.type.name),
        kind=row.type.kind,
        value_minor=row.value_minor,
        currency=row.currency,
        order=row.order_ref,
        sale_id=row.sale_id,
        click_id=row.click_id,
        contact=_contact(whose),
    )


def _consented(business: Business, event: Event) -> payloads.Consented | None:
    rows = people.ConsentEvent.objects.filter(business=business, id=event.subject["consent_id"])
    proof = rows.first()
    if proof is None:
        return None
    return payloads.Consented(
        at=proof.at,
        phone=proof.phone,
        source=proof.source,
        words=proof.words,
        contact=_contact(contacts.contact_by_phone(business, proof.phone)),
    )


def _campaign_sent(business: Business, event: Event) -> payloads.CampaignSent | None:
    campaign_id = int(event.subject["campaign_id"])
    told = siblings.outline(business.pk, campaign_id)
    reach = siblings.reach(business.pk, campaign_id)
    if told is None or reach is None:
        return None
    return payloads.CampaignSent(
        campaign=payloads.Named(id=campaign_id, name=told.name),
        started_at=told.started_at or event.at,
        finished_at=told.finished_at or event.at,
        texts=reach.texts,
        left_out=reach.left_out,
    )


_DESCRIBERS: dict[EventName, Callable[[Business, Event], payloads.Data | None]] = {
    EventName.MESSAGE_RECEIVED: _text,
    EventName.MESSAGE_SENT: _text,
    EventName.MESSAGE_DELIVERED: _text,
    EventName.MESSAGE_FAILED: _text,
    EventName.CALL_RECORDED: _call,
    EventName.LINK_CLICKED: _clicked,
    EventName.LINK_CHECKED: _checked,
    EventName.CONVERSION_RECORDED: _converted,
    EventName.CONTACT_OPTED_OUT: _consented,
    EventName.CONTACT_OPTED_IN: _consented,
    EventName.CAMPAIGN_SENT: _campaign_sent,
}


def _campaign(
    business: Business, campaign_id: int | None, variant_id: int | None
) -> tuple[payloads.Named | None, payloads.Named | None]:
    """The campaign and the variant that something was made for; None where there is none."""
    told = siblings.outline(business.pk, campaign_id)
    if told is None or campaign_id is None:
        return None, None
    label = told.labels.get(variant_id or 0)
    variant = payloads.Named(id=variant_id, name=label) if variant_id and label else None
    return payloads.Named(id=campaign_id, name=told.name), variant


def _contact(contact: people.Contact | None) -> payloads.Contact | None:
    return _known(contact) if contact else None


def _known(contact: people.Contact) -> payloads.Contact:
    return payloads.Contact(id=contact.pk, phone=contact.phone, name=contact.name)


def _number(number: TrackingNumber) -> payloads.Number:
    return payloads.Number(id=number.pk, phone=number.phone, name=number.name)
