"""Languages as phones name them (BCP 47 tags, in small letters) and as people do."""

from __future__ import annotations

import re

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")
LANGUAGE_NAMES = {
    "ar": "Arabic",
    "bn": "Bengali",
    "bg": "Bulgarian",
    "zh": "Chinese",
    "hr": "Croatian",
    "cs": "Czech",
    "da": "Danish",
    "nl": "Dutch",
    "en": "English",
    "fi": "Finnish",
    "fr": "French",
    "de": "German",
    "el": "Greek",
    "ht": "Haitian Creole",
    "he": "Hebrew",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "no": "Norwegian",
    "fa": "Persian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sr": "Serbian",
    "es": "Spanish",
    "sv": "Swedish",
    "tl": "Tagalog",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
}


def language_name(tag: str) -> str:
    language, _, rest = tag.partition("-")
    name = LANGUAGE_NAMES.get(language, language)
    return f"{name} ({rest.upper()})" if rest else name


def find_language(text: str) -> str:
    """The tag of a language that was given by its tag or its English name; empty for neither."""
    given = text.strip().casefold()
    named = (tag for tag, name in LANGUAGE_NAMES.items() if name.casefold() == given)
    tag = next(named, given.replace("_", "-"))
    return tag if _TAG.match(tag) else ""
