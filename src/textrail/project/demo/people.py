"""What people do in the demo: campaigns leave, texts are tapped, things are bought, phones ring.

Every choice is drawn from one seed. People act in the simulated world only; what Textrail makes of
it is Textrail's.
"""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from textrail.carriers.contract import CallOutcome
from textrail.carriers.simulator.browsing import browsers
from textrail.carriers.simulator.handset import Photo
from textrail.carriers.simulator.shop import Shopper
from textrail.domain.campaigns import actions as campaigns
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact, Tag
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import Conversation
from textrail.project.demo import desk, signs, story, visits
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage
from textrail.vocabulary.errors import Refusal

ZONE = ZoneInfo("America/New_York")
LINK = re.compile(r"https?://\S+")


PREVIEWS = 0.3


def plan_campaigns(stage: Stage, cast: Cast) -> None:
    """Campaigns at their hour; some people's messages app looks at links before they do."""
    for contact in cast.contacts:
        stage.world.set_previews(contact.phone, previews=stage.random.random() < PREVIEWS)
    first = stage.clock.now().astimezone(ZONE).date()
    for campaign in story.CAMPAIGNS:
        day = first + timedelta(days=campaign.day)
        at = datetime.combine(day, time(campaign.hour), ZONE)
        stage.plan(at, _send, stage, cast, campaign)


def _send(stage: Stage, cast: Cast, told: story.DemoCampaign) -> None:
    now = stage.clock.now()
    campaign = campaigns.create_draft(
        business=cast.business,
        name=told.name,
        number=cast.numbers[story.MAIN_NUMBER],
        audience=Tag.objects.get(business=cast.business, name=told.tag),
        destination=f"{stage.config.phone_url}/shop/{told.product}",
        bodies=told.bodies,
        type_=told.type,
        at=now,
        actor=cast.members["Max Lindqvist"],
    )
    campaigns.start(
        business=cast.business, campaign=campaign, at=now, actor=cast.members["Max Lindqvist"]
    )
    if told.to_showrooms:
        stage.later(timedelta(minutes=3), signs.lead_to_showrooms, stage, cast, campaign.pk)
    stage.later(timedelta(minutes=4), _arrive, stage, cast, told, now)


def _arrive(stage: Stage, cast: Cast, told: story.DemoCampaign, since: datetime) -> None:
    """Everybody who has the text by now decides what they will do with it."""
    dice = stage.random
    for contact in cast.contacts:
        texts = [text for text in stage.world.inbox(contact.phone) if text.at >= _ms(since)]
        found = LINK.search(texts[-1].body) if texts else None
        if found is None:
            continue
        variant = _variant(told, texts[-1].body)
        wait = timedelta(minutes=dice.lognormvariate(3.2, 1.4))
        if dice.random() < told.taps[variant]:
            stage.later(wait, _tap, stage, told, contact, found.group())
        elif dice.random() < 0.045:
            words = dice.choice(story.REPLIES)
            stage.later(wait, _text, stage, cast, contact.phone, words, story.MAIN_NUMBER)
        elif dice.random() < 0.014:
            words = dice.choice(story.GOODBYES)
            stage.later(wait, stage.world.text, contact.phone, story.MAIN_NUMBER, words)


def _variant(told: story.DemoCampaign, body: str) -> int:
    """Which wording a text is, by its words behind the name."""
    return next(
        (
            index
            for index, wording in enumerate(told.bodies)
            if wording.split("{first_name}")[1].split("{link}")[0] in body
        ),
        0,
    )


def _tap(stage: Stage, told: story.DemoCampaign, contact: Contact, url: str) -> None:
    dice = stage.random
    landing = urlsplit(stage.world.tap(contact.phone, url)).query
    phone = visits.visitor_of(contact.phone)
    visits.look_around(stage, phone, told.product, query=landing, agent=_agent_of(contact))
    if dice.random() < 0.22:
        stage.later(timedelta(seconds=dice.uniform(2, 9)), stage.world.tap, contact.phone, url)
    if dice.random() < told.buys:
        wait = timedelta(minutes=dice.lognormvariate(3.5, 1.8))
        stage.later(wait, _buy, stage, told.product, contact, landing)


def _buy(stage: Stage, product: str, contact: Contact, landing: str) -> None:
    """Most buy where the text led them; some come back elsewhere and only say who they are."""
    dice = stage.random
    first, _, last = contact.name.partition(" ")
    email = f"{first}.{last}.{contact.pk}@example.com".lower()
    if dice.random() < 0.35:
        laptop = visits.visitor_of(f"{contact.pk}-laptop")
        before = timedelta(minutes=-25)
        visits.visit_by_some_way(stage, laptop, product, email=email, after=before)
    elsewhere = dice.random() < 0.2
    shopper = Shopper(
        name=contact.name,
        email=email,
        phone=contact.phone if dice.random() < 0.5 else "",
        landing="" if elsewhere else landing,
    )
    if dice.random() < 0.16:
        stage.world.book(product, shopper)
        return
    stage.world.buy(product, shopper, quantity=1 if dice.random() < 0.9 else 2)
    if dice.random() < 0.2:
        again = Shopper(name=contact.name, email=email, phone=contact.phone)
        other = dice.choice([campaign.product for campaign in story.CAMPAIGNS])
        stage.later(timedelta(days=dice.uniform(3, 9)), stage.world.buy, other, again)


def plan_days(stage: Stage, cast: Cast) -> None:
    """Texts and calls that come by themselves, more of them by day than in the evening."""
    dice = stage.random
    start = stage.clock.now().astimezone(ZONE)
    for day in range(story.WEEKS.days + 1):
        weekday = (start + timedelta(days=day)).weekday()
        busy = 0.45 if weekday >= 5 else 1.0
        for number in story.NUMBERS:
            for _ in range(_count(stage, number.texts_a_day * busy)):
                stage.plan(_moment(stage, start, day), _open, stage, cast, number.phone)
            for _ in range(_count(stage, number.calls_a_day * busy)):
                stage.plan(_moment(stage, start, day), _ring, stage, cast, number.phone)
        for _ in range(_count(stage, story.WALK_INS)):
            stage.plan(_moment(stage, start, day), _walk_in, stage)
        for _ in range(_count(stage, visits.VISITORS_A_DAY)):
            stage.plan(_moment(stage, start, day), _look, stage)
    last_hours = stage.clock.now() + story.WEEKS - timedelta(hours=3)
    stage.plan(last_hours + timedelta(minutes=dice.uniform(0, 60)), _send_photo, stage, cast)
    stage.plan(last_hours - timedelta(days=1), _meet_machine, stage)
    for _ in range(4):
        moment = last_hours + timedelta(minutes=dice.uniform(60, 175))
        stage.plan(moment, _open, stage, cast, dice.choice(story.NUMBERS).phone)
    stage.plan(start + timedelta(minutes=1), desk.keep_quick_replies, stage, cast)
    stage.plan(last_hours + timedelta(minutes=177), desk.tidy_up, stage, cast)
    stage.plan(last_hours + timedelta(minutes=178), desk.catch_up, stage, cast)


def _count(stage: Stage, mean: float) -> int:
    """How many happen in a day when `mean` do on average (Poisson, by exponential gaps)."""
    count, passed = 0, stage.random.expovariate(1)
    while passed < mean:
        count, passed = count + 1, passed + stage.random.expovariate(1)
    return count


def _moment(stage: Stage, start: datetime, day: int) -> datetime:
    hour = min(21.5, max(7.0, stage.random.gauss(13.5, 3.2)))
    midnight = datetime.combine((start + timedelta(days=day)).date(), time(), ZONE)
    return midnight + timedelta(hours=hour)


def _stranger(stage: Stage, cast: Cast) -> str:
    """Two in three who write by themselves are new; the others are customers already."""
    dice = stage.random
    if dice.random() < 0.35:
        return dice.choice(cast.contacts).phone
    area = dice.choice(("305", "786", "904", "850", "561", "239", "386", "321"))
    return f"+1{area}55501{dice.randrange(100):02d}"


def _open(stage: Stage, cast: Cast, number: str) -> None:
    phone = _stranger(stage, cast)
    _text(stage, cast, phone, stage.random.choice(story.OPENERS), number)
    _maybe_buy_later(stage, phone, chance=0.3)


def _text(stage: Stage, cast: Cast, phone: str, words: str, number: str) -> None:
    stage.world.text(phone, number, words)
    if stage.random.random() < 0.82:
        wait = timedelta(minutes=stage.random.lognormvariate(1.9, 0.9))
        stage.later(wait, _answer, stage, cast, phone)


def _answer(stage: Stage, cast: Cast, phone: str) -> None:
    """Bo reads the thread and writes back; who opted out meanwhile is left alone by Textrail."""
    contact = contacts.contact_by_phone(cast.business, phone)
    thread = Conversation.objects.filter(business=cast.business, contact=contact).first()
    if thread is None:
        return
    now = stage.clock.now()
    bo = cast.members["Bo Okafor"]
    inbox.mark_read(business=cast.business, conversation_id=thread.pk, user=bo, at=now)
    try:
        inbox.queue_text(
            business=cast.business,
            contact=thread.contact,
            number=thread.number,
            body=stage.random.choice(story.ANSWERS),
            at=now,
            sent_by=bo,
        )
    except Refusal:
        return
    if stage.random.random() < 0.4:
        wait = timedelta(minutes=stage.random.lognormvariate(2, 1))
        words = stage.random.choice(
            ("Perfect, thank you!", "Yes please", "That works", "Great, see you then")
        )
        number = thread.number.phone
        stage.later(wait, stage.world.text, phone, number, words)


def _ring(stage: Stage, cast: Cast, number: str) -> None:
    dice = stage.random
    phone = _stranger(stage, cast)
    outcome: CallOutcome = dice.choices(("answered", "missed", "voicemail"), (62, 26, 12))[0]
    seconds = int(dice.lognormvariate(4.6, 0.7)) if outcome == "answered" else 24
    words = dice.choice(story.VOICEMAILS) if outcome == "voicemail" else ""
    stage.world.call(phone, number, outcome, seconds=seconds, voicemail=words)
    _maybe_buy_later(stage, phone, chance=0.35 if outcome == "answered" else 0.12)


def _maybe_buy_later(stage: Stage, phone: str, *, chance: float) -> None:
    """Somebody who called or wrote books a job later, at the counter, leaving their number."""
    dice = stage.random
    if dice.random() >= chance:
        return
    product = dice.choice([campaign.product for campaign in story.CAMPAIGNS])
    name = f"{dice.choice(story.FIRST_NAMES)} {dice.choice(story.LAST_NAMES)}"
    wait = timedelta(hours=dice.lognormvariate(1.5, 1.2))
    shopper = Shopper(name=name, phone=phone)
    stage.later(wait, stage.world.buy, product, shopper)


def _look(stage: Stage) -> None:
    """Somebody who looks at the shop and says nothing."""
    product = stage.random.choice([campaign.product for campaign in story.CAMPAIGNS])
    visitor = visits.visitor_of(f"{stage.random.getrandbits(40):x}")
    visits.visit_by_some_way(stage, visitor, product)


def _agent_of(contact: Contact) -> str:
    """A phone's browser, always the same for one person."""
    kinds = list(browsers().values())
    agents = kinds[contact.pk % len(kinds)].agents
    return agents[contact.pk % len(agents)]


def _walk_in(stage: Stage) -> None:
    """Somebody of whom only the shop has heard."""
    dice = stage.random
    name = f"{dice.choice(story.FIRST_NAMES)} {dice.choice(story.LAST_NAMES)}"
    email = f"{name.replace(' ', '.').lower()}{dice.randrange(1000)}@example.org"
    product = dice.choice([campaign.product for campaign in story.CAMPAIGNS])
    visits.visit_by_some_way(stage, visits.visitor_of(email), product, email=email)
    wait = timedelta(hours=dice.uniform(0.2, 30))
    stage.later(wait, stage.world.buy, product, Shopper(name=name, email=email))


def _send_photo(stage: Stage, cast: Cast) -> None:
    picture = Photo("image/png", story.thermostat_picture())
    phone = cast.contacts[7].phone
    words = "This is what it shows since this morning. What do I do?"
    stage.world.text(phone, story.MAIN_NUMBER, words, [picture])


def _meet_machine(stage: Stage) -> None:
    """A first text would be answered, were it not of a machine."""
    stage.world.text(story.MACHINE_PHONE, story.MAIN_NUMBER, story.MACHINE)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
