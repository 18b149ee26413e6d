"""A simulated carrier and the world behind it: handsets, networks, a shop. For trials and tests.

It is unauthenticated towards people and must stay on a loopback address. Nothing of Textrail but
the vocabulary and the carrier contract is known to it: it is met over HTTP, like any carrier.
"""
