"""How much a sign against a person weighs. Two signs are proof, and so are four hints;
traces alone decide nothing."""

from __future__ import annotations

from typing import Final, TypeAlias

# A sign by its stable name, with its weight.
Mark: TypeAlias = tuple[str, int]

PROOF: Final = 8
SIGN: Final = 4
HINT: Final = 2
TRACE: Final = 1
