"""The currencies that an amount can be in: ISO 4217, and those of older reports. Pure."""

from __future__ import annotations

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


def check_currency(code: str) -> None:
    """Malformed for what no money is in; `code` has the form of a currency."""
    if code not in CURRENCIES:
        raise Malformed(
            f"There is no currency “{code}”.",
            hint="Send a three-letter code of ISO 4217, such as USD.",
            field="currency",
            code="currency_unknown",
        )
