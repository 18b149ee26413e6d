"""Names of countries (ISO 3166-1) and of the states of the United States and Canada (3166-2).

Regions of other countries are taken as they come: their codes change with each reform.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

_COUNTRIES = """
AD Andorra|AE United Arab Emirates|AF Afghanistan|AG Antigua and Barbuda|AI Anguilla|AL Albania
AM Armenia|AO Angola|AQ Antarctica|AR Argentina|AS American Samoa|AT Austria|AU Australia|AW Aruba
AX Åland Islands|AZ Azerbaijan|BA Bosnia and Herzegovina|BB Barbados|BD Bangladesh|BE Belgium
BF Burkina Faso|BG Bulgaria|BH Bahrain|BI Burundi|BJ Benin|BL Saint Barthélemy|BM Bermuda
BN Brunei|BO Bolivia|BQ Caribbean Netherlands|BR Brazil|BS Bahamas|BT Bhutan|BV Bouvet Island
BW Botswana|BY Belarus|BZ Belize|CA Canada|CC Cocos Islands|CD Congo (Kinshasa)
CF Central African Republic|CG Congo (Brazzaville)|CH Switzerland|CI Côte d’Ivoire|CK Cook Islands
CL Chile|CM Cameroon|CN China|CO Colombia|CR Costa Rica|CU Cuba|CV Cape Verde|CW Curaçao
CX Christmas Island|CY Cyprus|CZ Czechia|DE Germany|DJ Djibouti|DK Denmark|DM Dominica
DO Dominican Republic|DZ Algeria|EC Ecuador|EE Estonia|EG Egypt|EH Western Sahara|ER Eritrea
ES Spain|ET Ethiopia|FI Finland|FJ Fiji|FK Falkland Islands|FM Micronesia|FO Faroe Islands
FR France|GA Gabon|GB United Kingdom|GD Grenada|GE Georgia|GF French Guiana|GG Guernsey|GH Ghana
GI Gibraltar|GL Greenland|GM Gambia|GN Guinea|GP Guadeloupe|GQ Equatorial Guinea|GR Greece
GS South Georgia|GT Guatemala|GU Guam|GW Guinea-Bissau|GY Guyana|HK Hong Kong
HM Heard and McDonald Islands|HN Honduras|HR Croatia|HT Haiti|HU Hungary|ID Indonesia|IE Ireland
IL Israel|IM Isle of Man|IN India|IO British Indian Ocean Territory|IQ Iraq|IR Iran|IS Iceland
IT Italy|JE Jersey|JM Jamaica|JO Jordan|JP Japan|KE Kenya|KG Kyrgyzstan|KH Cambodia|KI Kiribati
KM Comoros|KN Saint Kitts and Nevis|KP North Korea|KR South Korea|KW Kuwait|KY Cayman Islands
KZ Kazakhstan|LA Laos|LB Lebanon|LC Saint Lucia|LI Liechtenstein|LK Sri Lanka|LR Liberia
LS Lesotho|LT Lithuania|LU Luxembourg|LV Latvia|LY Libya|MA Morocco|MC Monaco|MD Moldova
ME Montenegro|MF Saint Martin|MG Madagascar|MH Marshall Islands|MK North Macedonia|ML Mali
MM Myanmar|MN Mongolia|MO Macao|MP Northern Mariana Islands|MQ Martinique|MR Mauritania
MS Montserrat|MT Malta|MU Mauritius|MV Maldives|MW Malawi|MX Mexico|MY Malaysia|MZ Mozambique
NA Namibia|NC New Caledonia|NE Niger|NF Norfolk Island|NG Nigeria|NI Nicaragua|NL Netherlands
NO Norway|NP Nepal|NR Nauru|NU Niue|NZ New Zealand|OM Oman|PA Panama|PE Peru|PF French Polynesia
PG Papua New Guinea|PH Philippines|PK Pakistan|PL Poland|PM Saint Pierre and Miquelon|PN Pitcairn
PR Puerto Rico|PS Palestine|PT Portugal|PW Palau|PY Paraguay|QA Qatar|RE Réunion|RO Romania
RS Serbia|RU Russia|RW Rwanda|SA Saudi Arabia|SB Solomon Islands|SC Seychelles|SD Sudan|SE Sweden
SG Singapore|SH Saint Helena|SI Slovenia|SJ Svalbard and Jan Mayen|SK Slovakia|SL Sierra Leone
SM San Marino|SN Senegal|SO Somalia|SR Suriname|SS South Sudan|ST São Tomé and Príncipe
SV El Salvador|SX Sint Maarten|SY Syria|SZ Eswatini|TC Turks and Caicos Islands|TD Chad
TF French Southern Territories|TG Togo|TH Thailand|TJ Tajikistan|TK Tokelau|TL Timor-Leste
TM Turkmenistan|TN Tunisia|TO Tonga|TR Türkiye|TT Trinidad and Tobago|TV Tuvalu|TW Taiwan
TZ Tanzania|UA Ukraine|UG Uganda|UM US Outlying Islands|US United States|UY Uruguay|UZ Uzbekistan
VA Vatican City|VC Saint Vincent and the Grenadines|VE Venezuela|VG British Virgin Islands
VI US Virgin Islands|VN Vietnam|VU Vanuatu|WF Wallis and Futuna|WS Samoa|XK Kosovo|YE Yemen
YT Mayotte|ZA South Africa|ZM Zambia|ZW Zimbabwe
"""
_STATES = {
    "US": """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa
KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota
MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey
NM New Mexico|NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon
PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah
VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|AS American Samoa
GU Guam|MP Northern Mariana Islands|PR Puerto Rico|VI US Virgin Islands
""",
    "CA": """
AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador
NS Nova Scotia|NT Northwest Territories|NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec
SK Saskatchewan|YT Yukon
""",
}


@cache
def countries() -> dict[str, str]:
    """Each country's code and name, by name."""
    return _read(_COUNTRIES)


@cache
def states(country: str) -> dict[str, str]:
    """The codes and names of a country's states; empty for one whose states are not listed."""
    return _read(_STATES.get(country, ""))


def country_name(code: str) -> str:
    return countries().get(code, code)


def region_name(code: str) -> str:
    """`US-CA` as California; a region that is not listed as its code."""
    country, _, state = code.partition("-")
    return states(country).get(state, code)


def spoken_place(city: str, region: str, country: str) -> str:
    """`Tampa, Florida, United States` from a name and two codes; empty when nothing is known."""
    code = region if "-" in region else f"{country}-{region}"
    named = region_name(code)
    parts = (city, region if named == code else named, country_name(country))
    return ", ".join(part for part in parts if part)


def find_country(text: str) -> str:
    """The code of a country that was given by code or name; empty for none."""
    given = text.strip()
    if given.upper() in countries():
        return given.upper()
    return next((c for c, name in countries().items() if name.casefold() == given.casefold()), "")


def find_region(text: str, homes: Sequence[str] = ()) -> str:
    """A region in full (`US-CA`), given so, by its name, or by its code within one of `homes`.

    Empty for none. Where the states of a country are not listed, anything short will do: place
    files give some regions by code and others by name.
    """
    country, dash, rest = text.strip().partition("-")
    if dash and country.upper() in countries():
        state = _state(country.upper(), rest)
        return f"{country.upper()}-{state}" if state else ""
    for home in homes or tuple(_STATES):
        state = _state(home, text) if homes else _state_called(home, text)
        if state:
            return f"{home}-{state}"
    return ""


def _state(country: str, text: str) -> str:
    known, given = states(country), " ".join(text.split())
    if known:
        return given.upper() if given.upper() in known else _state_called(country, given)
    if len(given) <= 3:
        return given.upper() if given.isascii() and given.isalnum() else ""
    return given if len(given) <= 80 else ""


def _state_called(country: str, name: str) -> str:
    wanted = name.strip().casefold()
    return next((c for c, known in states(country).items() if known.casefold() == wanted), "")


def _read(text: str) -> dict[str, str]:
    entries = (entry.split(" ", 1) for line in text.split("\n") for entry in line.split("|"))
    named = {entry[0]: entry[1] for entry in entries if len(entry) == 2}
    return dict(sorted(named.items(), key=lambda pair: pair[1].replace("Å", "A")))
