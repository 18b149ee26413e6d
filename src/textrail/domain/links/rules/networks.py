"""Whose network a click came from, as far as that says anything about who clicked.

Facts of the public routing tables, of November 2026; the operator's own data comes on top. For a
phone a network is never proof: people stand behind VPNs, and a phone's private relay and a
carrier's gateway look like data centres.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

NetworkKind = Literal["", "hosting", "cloud", "gateway", "checker", "people"]

# iCloud Private Relay leaves through these (Akamai, Cloudflare, Fastly), and so does WARP.
PRIVATE_RELAYS: Final = frozenset({13335, 20940, 36183, 54113})

MOBILE_CARRIERS: Final = frozenset(
    {
        # United States and Canada: T-Mobile, Verizon Wireless, AT&T Mobility, Sprint, US Cellular,
        # Rogers, Bell, Telus
        *(21928, 6167, 22394, 20057, 10507, 812, 577, 36522, 852),
        # Europe: EE, O2, Three, Vodafone, Deutsche Telekom, Orange, SFR, Bouygues, Free Mobile,
        # Telefónica, TIM, Wind Tre, Play, Swisscom
        *(12576, 35228, 60339, 206067, 25135, 3209, 3320, 3215, 15557, 5410, 51207, 6805, 12430),
        *(16232, 24608, 39603, 3303),
        # Elsewhere: Jio, Airtel, Vodafone Idea, Telcel, Claro, Vivo, TIM Brasil, MTN, Vodacom,
        # Telstra, Optus, SoftBank, KDDI, NTT Docomo, SK Telecom, KT, Globe, Smart, Turkcell
        *(55836, 45609, 24560, 38266, 28403, 28573, 26599, 26615, 29465, 16637, 36994, 1221, 4804),
        *(17676, 2516, 9605, 9644, 4766, 4775, 9299, 16135),
    }
)

# Machines by the hour, where VPNs for people seldom are. AS15169 is not here: people leave through
# Google's own VPN and its fibre.
CLOUDS: Final = frozenset(
    {
        # Amazon, Google Cloud, Microsoft, Oracle, IBM, Alibaba, Tencent, Huawei
        *(16509, 14618, 8987, 396982, 8075, 31898, 36351, 45102, 37963, 132203, 45090, 136907),
        # DigitalOcean, Linode, Vultr, Hetzner, Scaleway, Contabo, IONOS, netcup
        *(14061, 62567, 63949, 20473, 24940, 212317, 213230, 12876, 51167, 8560, 51862, 197540),
    }
)
HOSTING: Final = frozenset(
    {
        # OVH, Leaseweb
        *(16276, 60781, 28753, 30633, 395954),
        # M247, Datacamp, QuadraNet, ColoCrossing, Psychz, Rackspace, GoDaddy, Hostinger, UpCloud
        *(9009, 60068, 212238, 8100, 36352, 40676, 33070, 19994, 27357, 26496, 47583, 202053),
        # Sakura, DreamHost, Liquid Web, HostRoyale, Hostwinds, Aruba, Selectel
        *(7684, 9370, 9371, 26347, 32244, 203020, 54290, 31034, 49505),
    }
)

_CARRIER = re.compile(r"\b(?:mobil\w*|wireless|cellular|cellco|telcel|gsm)\b|\blte\b", re.I)
# The same by name, for numbers that are not above.
_CLOUD = re.compile(
    r"\bamazon|\baws\b|microsoft|\bazure\b|google[ -]cloud|alibaba|tencent|digitalocean|\blinode\b"
    r"|\bvultr\b|hetzner|\bcontabo\b",
    re.I,
)
_DATA_CENTRE = re.compile(
    r"\b(?:hosting|hosted|data ?cent(?:er|re)s?|vps|colocation|servers?|ovh|leaseweb|m247"
    r"|datacamp)\b",
    re.I,
)
# Companies that follow the links in other people's mail and texts, and do nothing else.
_CHECKER = re.compile(
    r"proofpoint|cloudmark|mimecast|barracuda|ironport|messagelabs|fireeye|trellix|netcraft|avanan"
    r"|phishlabs|urlscan|virustotal|adaptivemobile|hornetsecurity|ironscales|\bcensys\b"
    r"|shadowserver",
    re.I,
)
# Those that also lend people a gateway. Proxies that people browse through (Zscaler, Netskope) are
# neither.
_GATEWAY = re.compile(r"sophos|fortinet|trend ?micro|forcepoint", re.I)


@lru_cache(maxsize=4096)
def kind_of(asn: int | None, name: str, *, hosting: bool) -> NetworkKind:
    """What the network is: one that people share, one that checks links, one that does so beside a
    gateway for people, a cloud, another data centre, or nothing in particular. `hosting` is what
    the operator's data says."""
    if asn in PRIVATE_RELAYS or asn in MOBILE_CARRIERS:
        return "people"
    if _CHECKER.search(name):
        return "checker"
    if _GATEWAY.search(name):
        return "gateway"
    if asn in CLOUDS or _CLOUD.search(name):
        return "cloud"
    if asn in HOSTING:
        return "hosting"
    if _CARRIER.search(name):
        return "people"
    return "hosting" if hosting or _DATA_CENTRE.search(name) else ""
