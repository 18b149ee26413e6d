"""Who is in the demo, what they own and what they say. Data only; fill.py makes it happen.

All numbers are from the ranges that are kept free for fiction.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from datetime import timedelta

from textrail.carriers.contract import NumberOffer
from textrail.domain.accounts.rules import Role
from textrail.domain.campaigns.models import CampaignType

PASSWORD = "textrail-demo"  # noqa: S105 -- printed at every start of the demo
BUSINESS = "Harbor Heating & Air"
SLUG = "harbor"
WEEKS = timedelta(days=42)
CONTACTS = 420


@dataclass(frozen=True, slots=True)
class DemoMember:
    name: str
    email: str
    role: Role


MEMBERS = (
    DemoMember("Ada Moreno", "ada@harbor.example", Role.OWNER),
    DemoMember("Max Lindqvist", "max@harbor.example", Role.ADMIN),
    DemoMember("Bo Okafor", "bo@harbor.example", Role.AGENT),
    DemoMember("Vi Tran", "vi@harbor.example", Role.VIEWER),
)
# Sales a day that no text had anything to do with.
WALK_INS = 0.5
SECOND_BUSINESS = "Bluebird Bakery"
SECOND_SLUG = "bluebird"


@dataclass(frozen=True, slots=True)
class DemoNumber:
    """A number and how often somebody texts or calls it by themselves, per day."""

    phone: str
    name: str
    channel: str
    texts_a_day: float
    calls_a_day: float


NUMBERS = (
    DemoNumber("+18135550110", "Main line", "direct", 0.6, 0.8),
    DemoNumber("+18135550120", "Billboard I-275", "offline", 1.1, 1.3),
    DemoNumber("+18135550130", "Google Business Profile", "organic", 1.6, 2.2),
    DemoNumber("+18135550140", "Yard signs", "offline", 0.5, 0.4),
)
MAIN_NUMBER = NUMBERS[0].phone
RADIO_NUMBER = NumberOffer("+18885550142", "Toll-free", monthly_micros=2_000_000, currency="USD")
FIRST_ANSWER = (
    "Thanks for texting Harbor Heating & Air! A person reads this and answers within minutes, "
    "8 to 6. No cooling right now? Write URGENT."
)
MISSED_CALL_ANSWER = (
    "Sorry we missed your call at Harbor. What can we help you with? Just reply here."
)

FIRST_NAMES = (
    "Maya Tom Priya Luis Hannah Devon Grace Omar Ruth Kenji Elena Marcus Tessa Ivan Nora "
    "Caleb Amara Felix Joan Mateo Sylvie Andre Lila Oscar Bea Rashid Clara Wes Inez Jonah "
    "Pilar Sam Yuki Dora Leon Mina Theo Anya Hugo Vera"
).split()
LAST_NAMES = (
    "Alvarez Brooks Chen Dawson Egan Farah Grant Hill Ibarra Jensen Klein Lopez Mbeki Nolan "
    "Ortiz Park Quinn Rivera Stone Tran Usher Vance Weiss Young Zamora Bishop Castle Duarte "
    "Ellis Frost"
).split()


@dataclass(frozen=True, slots=True)
class DemoTown:
    """Where the people of an area code live; degrees, WGS 84."""

    area: str
    city: str
    latitude: float
    longitude: float


TOWNS = (
    DemoTown("727", "St. Petersburg", 27.77, -82.64),
    DemoTown("941", "Sarasota", 27.34, -82.53),
    DemoTown("352", "Gainesville", 29.65, -82.32),
    DemoTown("407", "Orlando", 28.54, -81.38),
    DemoTown("863", "Lakeland", 28.04, -81.95),
)
AREA_CODES = tuple(town.area for town in TOWNS)


@dataclass(frozen=True, slots=True)
class DemoStore:
    name: str
    latitude: float
    longitude: float
    product: str


STORES = (
    DemoStore("Tampa showroom", 27.95, -82.46, "smart-thermostat"),
    DemoStore("Sarasota showroom", 27.34, -82.53, "smart-thermostat"),
    DemoStore("Orlando showroom", 28.54, -81.38, "smart-thermostat"),
)
# Phones that nobody taps on, one in each network.
SEEDS = {
    "Verizon": "+16565550101",
    "AT&T": "+16565550102",
    "T-Mobile": "+16565550103",
    "UScellular": "+16565550104",
}
# The link on yard signs.
SIGN_LINK = "cool"
TAGS = {"customers": 0.74, "plan members": 0.28, "installed before 2015": 0.33}


@dataclass(frozen=True, slots=True)
class DemoCampaign:
    """`day` counts from the first; the taps are shares of those reached, one per variant."""

    day: int
    hour: int
    name: str
    type: CampaignType
    tag: str
    product: str
    bodies: tuple[str, ...]
    taps: tuple[float, ...]
    buys: float
    to_showrooms: bool = False


CAMPAIGNS = (
    DemoCampaign(
        day=4,
        hour=11,
        name="First cool-down",
        type=CampaignType.REMINDER,
        tag="customers",
        product="spring-tune-up",
        bodies=(
            "Hi {first_name}, the first hot week is coming. A tune-up before the rush is $89: "
            "{link} Reply STOP to opt out",
        ),
        taps=(0.17,),
        buys=0.16,
    ),
    DemoCampaign(
        day=15,
        hour=10,
        name="Spring tune-up",
        type=CampaignType.PROMOTION,
        tag="customers",
        product="spring-tune-up",
        bodies=(
            "Hi {first_name}, spring tune-ups are $89 until Friday. Pick a time: {link} "
            "Reply STOP to opt out",
            "{first_name}, your A/C has not been looked at since last year. A tune-up is $89 this "
            "week: {link} Reply STOP to opt out",
        ),
        taps=(0.16, 0.24),
        buys=0.22,
    ),
    DemoCampaign(
        day=22,
        hour=12,
        name="Filter refill",
        type=CampaignType.REMINDER,
        tag="plan members",
        product="furnace-filters",
        bodies=(
            "Hi {first_name}, it is filter time. A year of filters at your door for $54: {link} "
            "Reply STOP to opt out",
        ),
        taps=(0.31,),
        buys=0.4,
    ),
    DemoCampaign(
        day=29,
        hour=17,
        name="Smart thermostat",
        type=CampaignType.LAUNCH,
        tag="installed before 2015",
        product="smart-thermostat",
        bodies=(
            "{first_name}, see what each hour of cooling costs you. Our smart thermostat, $149 "
            "with installation: {link} Reply STOP to opt out",
            "{first_name}, the utility pays $50 back on a smart thermostat. We install it in 20 "
            "minutes: {link} Reply STOP to opt out",
        ),
        taps=(0.14, 0.22),
        buys=0.18,
        to_showrooms=True,
    ),
    DemoCampaign(
        day=37,
        hour=9,
        name="Humid season",
        type=CampaignType.PROMOTION,
        tag="customers",
        product="quiet-dehumidifier",
        bodies=(
            "Hi {first_name}, the humid weeks begin. A dehumidifier that you do not hear, $239: "
            "{link} Reply STOP to opt out",
            "{first_name}, a damp house costs you a third more cooling. The quiet way out, $239: "
            "{link} Reply STOP to opt out",
        ),
        taps=(0.15, 0.18),
        buys=0.16,
    ),
)
MACHINE_PHONE = "+19415550177"
MACHINE = "Auto-reply: this number belongs to a delivery robot and is not read by anybody."
GOODBYES = (
    "STOP",
    "Stop please",
    "STOP!",
    "unsubscribe",
    "Please take me off your list, we moved to Ocala.",
    "Lose my number",
    "Not interested, thanks",
    "no more texts please",
)
REPLIES = (
    "Can you come Thursday after 4?",
    "Is this for two units as well?",
    "Booked, thank you!",
    "How long does it take?",
    "Do you do Saturdays?",
    "Who is coming, is it Bo again? He was great",
    "What does it cost without the plan?",
)
OPENERS = (
    "Hi, our AC stopped cooling last night. Can somebody come today?",
    "Saw your sign. Do you service Trane?",
    "How much is a tune-up?",
    "Water under the air handler, is that urgent?",
    "Need a quote for a 3 bedroom house",
    "Are you open on Saturday?",
    "My thermostat is blank",
    "URGENT no cooling, baby in the house",
)
ANSWERS = (
    "We can be there between 2 and 4 today. Does that work?",
    "Yes, all brands. When is a good time to call you?",
    "A tune-up is $79 this month, about an hour. Shall I book you in?",
    "Please switch it off at the breaker, we are on our way.",
    "Happy to. I will send you a time in a minute.",
)
VOICEMAILS = (
    "Hi, this is about the unit on the roof, it makes a rattling noise. Please call me back.",
    "Calling for an estimate, you can reach me after five. Thank you.",
)


def contact_phone(index: int) -> str:
    """The number of a contact: five area codes with the hundred numbers that fiction owns."""
    area = AREA_CODES[index // 100]
    return f"+1{area}55501{index % 100:02d}"


def thermostat_picture() -> bytes:
    """A small PNG of a thermostat that says E4, drawn here so that nobody's photograph is needed."""
    width, height, lit = 240, 180, _E4
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += _pixel(x, y, width, height, lit)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


_E4 = ("1110101", "1000101", "1110111", "1000001", "1110001")


def _pixel(x: int, y: int, width: int, height: int, lit: tuple[str, ...]) -> bytes:
    dx, dy = x - width / 2, y - height / 2
    distance = (dx * dx + dy * dy) ** 0.5
    if distance > 78:
        return bytes((226 - y // 6, 222 - y // 6, 214 - y // 6))
    if distance > 64:
        return bytes((62, 66, 70))
    column, row = int((x - 85) // 10), int((y - 65) // 10)
    if 0 <= row < len(lit) and 0 <= column < len(lit[0]) and lit[row][column] == "1":
        return bytes((255, 122, 48))
    return bytes((22, 25, 29))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
