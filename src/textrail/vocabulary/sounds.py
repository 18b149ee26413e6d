"""Sound files by their bytes: which kind they are. Values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

LARGEST_SOUND: Final = 50 * 1024 * 1024
SUFFIXES: Final[Mapping[str, str]] = {
    "audio/wav": ".wav",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/mp4": ".m4a",
    "audio/flac": ".flac",
}
_SIGNATURES: Final = ((b"ID3", "audio/mpeg"), (b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"))


def sniff_sound(data: bytes) -> str | None:
    """The type of a sound by the bytes themselves; None for whatever else."""
    for signature, content_type in _SIGNATURES:
        if data.startswith(signature):
            return content_type
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "audio/wav"
    if data[4:8] == b"ftyp" and data[8:12] in (b"M4A ", b"mp42", b"isom", b"M4B "):
        return "audio/mp4"
    return "audio/mpeg" if _is_mpeg_audio(data) else None


def _is_mpeg_audio(data: bytes) -> bool:
    """An MPEG audio frame begins with eleven set bits, then a version, layer III (ISO 11172-3),
    and a bit rate and a sampling rate that exist."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return False
    version, layer = data[1] >> 3 & 3, data[1] >> 1 & 3
    bit_rate, sampling = data[2] >> 4, data[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in (0, 15) and sampling != 3
