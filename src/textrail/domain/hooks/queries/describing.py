"""What an event has to tell: its subject as it stands now, read from the rooms below."""

from __future__ import annotations

from collections.abc import Callable

from textrail.domain.accounts.models import Business, User
from textrail.domain.billing import queries as billing
from textrail.domain.contacts import models as people
from textrail.domain.contacts import queries as contacts
from textrail.domain.conversions.models import Conversion
from textrail.domain.hooks import siblings
from textrail.domain.hooks.rules import payloads
from textrail.domain.inbox import queries as inbox
from textrail.domain.inbox.models import Call, Conversation, Message, Note, Recording
from textrail.domain.links.models import Click, Link
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.micros import plain


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
        answered_by=call.answered_by,
        path=inbox.path_of(call),
    )


def _recorded(business: Business, event: Event) -> payloads.Recorded | None:
    rows = Recording.objects.filter(
        business=business, id=event.subject["recording_id"], deleted_at=None
    )
    row = rows.select_related("call__contact").first()
    if row is None:
        return None
    return payloads.Recorded(
        id=row.pk,
        at=row.at,
        call_id=row.call_id,
        kind="voicemail" if row.is_voicemail else "call",
        seconds=row.duration_seconds,
        transcript=row.transcript,
        contact=_contact(row.call.contact) if row.call else None,
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


def _assigned(business: Business, event: Event) -> payloads.Assigned | None:
    conversation = _conversation(business, int(event.subject["conversation_id"]))
    if conversation is None:
        return None
    return payloads.Assigned(
        conversation_id=conversation.pk,
        contact=_known(conversation.contact),
        member=_member(int(event.subject["user_id"])),
        at=event.at,
    )


def _noted(business: Business, event: Event) -> payloads.Noted | None:
    conversation = _conversation(business, int(event.subject["conversation_id"]))
    note = Note.objects.filter(business=business, id=event.subject["note_id"], removed_at=None)
    found = note.first()
    if conversation is None or found is None:
        return None
    return payloads.Noted(
        conversation_id=conversation.pk,
        contact=_known(conversation.contact),
        note_id=found.pk,
        author=_member(found.author_id),
        body=found.body,
        at=found.at,
    )


def _conversation(business: Business, conversation_id: int) -> Conversation | None:
    rows = Conversation.objects.filter(business=business, id=conversation_id)
    return rows.select_related("contact").first()


def _member_changed(business: Business, event: Event) -> payloads.MemberChanged | None:
    member = _member(int(event.subject["user_id"]))
    role = str(event.subject["role"])
    return payloads.MemberChanged(member=member, role=role, at=event.at) if member else None


def _member_removed(business: Business, event: Event) -> payloads.MemberRemoved | None:
    member = _member(int(event.subject["user_id"]))
    return payloads.MemberRemoved(member=member, at=event.at) if member else None


def _member(user_id: int | None) -> payloads.Member | None:
    user = User.objects.filter(id=user_id).first() if user_id else None
    return payloads.Member(id=user.pk, email=user.email, name=user.name) if user else None


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


def _campaign_paused(business: Business, event: Event) -> payloads.CampaignPaused | None:
    campaign_id = int(event.subject["campaign_id"])
    told = siblings.outline(business.pk, campaign_id)
    if told is None:
        return None
    return payloads.CampaignPaused(
        campaign=payloads.Named(id=campaign_id, name=told.name),
        why=str(event.subject["why"]),
        at=event.at,
    )


def _held(business: Business, event: Event) -> payloads.Held | None:
    rows = TrackingNumber.objects.filter(business=business, id=event.subject["number_id"])
    number = rows.select_related("connection", "source").first()
    if number is None:
        return None
    return payloads.Held(
        number=_number(number),
        carrier=number.connection.carrier,
        source=number.source.name,
        at=event.at,
    )


def _balance_low(business: Business, event: Event) -> payloads.BalanceLow | None:
    balance = billing.balance_of(business)
    if balance is None:
        return None
    return payloads.BalanceLow(
        currency=balance.currency,
        available=plain(balance.available_micros),
        line=plain(balance.low_micros),
    )


_DESCRIBERS: dict[EventName, Callable[[Business, Event], payloads.Data | None]] = {
    EventName.MESSAGE_RECEIVED: _text,
    EventName.MESSAGE_SENT: _text,
    EventName.MESSAGE_DELIVERED: _text,
    EventName.MESSAGE_FAILED: _text,
    EventName.MESSAGE_SCHEDULED: _text,
    EventName.MESSAGE_CANCELLED: _text,
    EventName.CALL_RECORDED: _call,
    EventName.RECORDING_ADDED: _recorded,
    EventName.CONVERSATION_ASSIGNED: _assigned,
    EventName.CONVERSATION_NOTED: _noted,
    EventName.LINK_CLICKED: _clicked,
    EventName.LINK_CHECKED: _checked,
    EventName.CONVERSION_RECORDED: _converted,
    EventName.CONTACT_OPTED_OUT: _consented,
    EventName.CONTACT_OPTED_IN: _consented,
    EventName.CONSENT_HELD: _consented,
    EventName.CAMPAIGN_SENT: _campaign_sent,
    EventName.CAMPAIGN_PAUSED: _campaign_paused,
    EventName.CAMPAIGN_STOPPED: _campaign_sent,
    EventName.MEMBER_CHANGED: _member_changed,
    EventName.MEMBER_REMOVED: _member_removed,
    EventName.BALANCE_LOW: _balance_low,
    EventName.NUMBER_ADDED: _held,
    EventName.NUMBER_RELEASED: _held,
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
