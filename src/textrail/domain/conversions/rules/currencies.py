"""The currencies that an amount can be in: ISO 4217, and those of older reports. Pure.

A sign beside an amount stands for one currency, or for several; of several it is never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from textrail.vocabulary.errors import Malformed

_IN_USE = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED VES VND VUV WST XAF
XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_GONE = """
BYR CYP EEK HRK LTL LVL MRO MTL ROL SIT SKK SLL STD TRL VEF ZMK ZWL
"""
CURRENCIES: Final = frozenset(f"{_IN_USE} {_GONE}".split())
_SIGNS_OF_ONE: Final = """
EUR € euro euros, GBP £, INR ₹, KRW ₩, RUB ₽ руб, TRY ₺, ILS ₪, VND ₫, UAH ₴ грн, NGN ₦, THB ฿,
PHP ₱, CRC ₡, PYG ₲, GHS ₵, KZT ₸, AZN ₼, GEL ₾, BDT ৳, PLN zł, CZK kč, KES ksh, CNY rmb 元, JPY 円,
USD us$, AUD au$ a$, CAD ca$, NZD nz$, HKD hk$, TWD nt$, MXN mx$, BRL r$, SGD s$
"""
_OF_ONE: Final[Mapping[str, str]] = {
    sign: line.split()[0] for line in _SIGNS_OF_ONE.split(",") for sign in line.split()[1:]
}
# What several currencies are written with, and letters that may mean something else.
_OF_SOME: Final[Mapping[str, frozenset[str]]] = {
    sign: frozenset(codes.split())
    for sign, codes in {
        "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD"
        " NZD SBD SGD SRD TTD TWD UYU XCD",
        "£": "GBP EGP FKP GIP LBP SDG SHP SSP SYP",
        "¥": "CNY JPY",
        "￥": "CNY JPY",
        "c$": "CAD NIO",
        "kr": "DKK ISK NOK SEK",
        "rs": "INR LKR MUR NPR PKR SCR",
        "₨": "INR LKR MUR NPR PKR SCR",
        "fr": "CHF XAF XOF XPF",
        "lei": "MDL RON",
        "лв": "BGN KGS",
        "ft": "HUF",
        "kn": "HRK",
        "r": "ZAR",
        "rm": "MYR",
        "rp": "IDR",
        "tl": "TRY",
        "s/": "PEN",
        "q": "GTQ",
        "bs": "BOB VES",
        "dh": "AED MAD",
        "dhs": "AED MAD",
    }.items()
}


def check_currency(code: str) -> None:
    """Malformed for what no money is in; `code` has the form of a currency."""
    if code not in CURRENCIES:
        raise Malformed(
            f"There is no currency “{code}”.",
            hint="Send a three-letter code of ISO 4217, such as USD.",
            field="currency",
            code="currency_unknown",
        )


def read_sign(text: str) -> str:
    """The code or sign of a currency that `text` is, in one way of writing; empty for neither."""
    if (code := text.upper()) in CURRENCIES:
        return code
    sign = text.casefold().removesuffix(".")
    return sign if sign in _OF_ONE or sign in _OF_SOME else ""


def settle_currency(signs: Sequence[str], *, told: str, own: str) -> str:
    """The currency of an amount: `told` beside it, else what its signs stand for, else nothing.

    A sign of several currencies is that of `own`, the business's, where it can be. Malformed for a
    sign of none of them, and for one that contradicts what is told or another sign.
    """
    found = told
    for sign in sorted(signs, key=lambda sign: (sign in _OF_SOME, sign not in CURRENCIES)):
        if (found or own) in _meant(sign):
            found = found or own
        elif found:
            raise Malformed(
                f"The amount says “{sign}”, but its currency is told as {found}.",
                hint="Correct the amount, or the currency in its column or heading.",
                field="currency",
            )
        else:
            found = sign if sign in CURRENCIES else _OF_ONE.get(sign, "")
        if not found:
            raise Malformed(
                f"“{sign}” does not tell which currency it is.",
                hint="Write its three letters, such as 49.90 CAD, or add a column with them.",
                field="currency",
            )
    return found


def _meant(sign: str) -> frozenset[str]:
    """All that a sign may stand for."""
    return _OF_SOME.get(sign) or frozenset({_OF_ONE.get(sign, sign)})
