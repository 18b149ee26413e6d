"""Where an address is, and whose, from files that the operator points to. No Django.

Textrail ships no such file and asks nobody: without one, nothing is known, and everything works.
"""

from textrail.atlas.atlas import Atlas, Located, Network

__all__ = ["Atlas", "Located", "Network"]
