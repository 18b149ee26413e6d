"""A short address as a QR code (ISO/IEC 18004), ready for print. Pure."""

from __future__ import annotations

from io import BytesIO
from typing import Final

import segno

# A code stays readable with 15 % of it damaged, and needs four empty modules around it.
ERROR_CORRECTION: Final = "m"
QUIET_ZONE: Final = 4
# Pixels of the side of a picture: a screen, a flyer, a poster. A drawing (SVG) fits any size.
SIZES: Final = (256, 512, 1024, 2048)


def qr_code(address: str) -> segno.QRCode:
    """The code of an address: always the same one for the same address."""
    return segno.make_qr(address, error=ERROR_CORRECTION, boost_error=False)


def qr_svg(address: str) -> bytes:
    """A drawing, black on white, which fits any size."""
    drawn = BytesIO()
    qr_code(address).save(
        drawn, kind="svg", border=QUIET_ZONE, dark="#000", light="#fff", omitsize=True
    )
    return drawn.getvalue()


def qr_png(address: str, *, size: int) -> bytes:
    """A picture whose side is `size` pixels or a little less, because every module is whole."""
    code = qr_code(address)
    modules = code.symbol_size(border=QUIET_ZONE)[0]
    drawn = BytesIO()
    code.save(drawn, kind="png", border=QUIET_ZONE, scale=max(1, size // modules))
    return drawn.getvalue()
