"""How many clicks a second one core judges, device and verdict, from a cold cache of agents.

    python benchmarks/judging.py [--clicks 200000] [--agents 1000 5000 20000]

The agents are made in the proportions of texting traffic: phones by model, system and browser, in-
app browsers with a build and a locale of their own, previews and programs from the public list;
which of them clicks follows Zipf's law, as agents do in real logs. Headers and surroundings are as
a phone sends them over https. The peer is the usual way: every pattern of the crawler list, one
after the other, for each click, then with a cache.
"""

from __future__ import annotations

import argparse
import platform
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from textrail.domain.links.rules import Evidence, Nearby, judge, read_device
from textrail.domain.links.rules.agents import read_signs
from textrail.domain.links.tests.corpus import cases

BLINK = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
RUNS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """`cold` and `warm` are seconds for one agent: first seen, and seen before."""

    agents: int
    distinct: int
    seconds: float
    cold: float
    warm: float


def main() -> None:
    options = _options()
    print(f"{platform.python_implementation()} {platform.python_version()}, one core")
    judge(Evidence("GET", {"user-agent": "x"}))  # the patterns are compiled once per process
    read_device("x")
    print(f"{'agents':>8} {'seen':>8} {'clicks/s':>10} {'cold µs':>9} {'warm µs':>9}")
    runs = []
    for agents in options.agents:
        run = min((_run(agents, options.clicks) for _ in range(RUNS)), key=lambda run: run.seconds)
        runs.append(run)
        rate = options.clicks / run.seconds
        print(f"{run.agents:>8,} {run.distinct:>8,} {rate:>10,.0f}", end=" ")
        print(f"{run.cold * 1e6:>9.1f} {run.warm * 1e6:>9.1f}")
    if len(runs) > 1:
        more = runs[-1].agents / runs[0].agents
        longer = runs[-1].seconds / runs[0].seconds
        print(f"{more:.0f} times the agents take {longer:.1f} times as long.")
    _print_peer(options.peer_clicks, options.agents[0])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clicks", type=int, default=100_000)
    parser.add_argument("--agents", type=int, nargs="+", default=(1000, 5000, 20_000))
    parser.add_argument("--peer-clicks", type=int, default=2000)
    return parser.parse_args()


def _run(agents: int, clicks: int) -> Run:
    known = _agents(agents)
    drawn = _drawn(known, clicks)
    evidence = [_evidence(agent) for agent in drawn]
    read_signs.cache_clear()
    _forget_devices()
    start = time.perf_counter()
    for one, agent in zip(evidence, drawn, strict=True):
        read_device(agent)
        judge(one)
    seconds = time.perf_counter() - start
    sample = known[:2000]
    read_signs.cache_clear()
    _forget_devices()
    cold = _each(sample)
    return Run(agents, len(set(drawn)), seconds, cold, _each(sample))


def _each(agents: Sequence[str]) -> float:
    evidence = [_evidence(agent) for agent in agents]
    start = time.perf_counter()
    for one, agent in zip(evidence, agents, strict=True):
        read_device(agent)
        judge(one)
    return (time.perf_counter() - start) / len(agents)


def _forget_devices() -> None:
    """Ours, and the parser's own; its patterns are compiled once per process, so not here."""
    import ua_parser

    ua_parser.parser = ua_parser.Parser.from_matchers(ua_parser.load_lazy_builtins())
    read_device("x")
    read_device.cache_clear()


def _evidence(agent: str) -> Evidence:
    headers = [
        ("sec-fetch-dest", "document"),
        ("user-agent", agent),
        ("accept", HTML),
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "navigate"),
        ("accept-language", "en-US,en;q=0.9"),
        ("priority", "u=0, i"),
        ("accept-encoding", "gzip, deflate, br"),
    ]
    return Evidence(
        "GET",
        headers,
        complete=True,
        secure=True,
        asn=21928,
        network="T-Mobile USA, Inc.",
        seconds_since_hand_over=340.0,
        seconds_since_receipt=335.0,
        nearby=Nearby(codes=2, agents=2),
    )


def _drawn(agents: Sequence[str], clicks: int) -> list[str]:
    """Zipf: the n-th agent is drawn in proportion to 1/n."""
    dice = random.Random(7)
    weights = list(accumulate(1 / rank for rank in range(1, len(agents) + 1)))
    return dice.choices(agents, cum_weights=weights, k=clicks)


@cache
def _agents(count: int) -> tuple[str, ...]:
    dice = random.Random(11)
    machines = [one for entry in CRAWLER_USER_AGENTS_DATA for one in entry["instances"]]
    real = [case.agent for case in cases() if case.kind in {"handset", "in_app"} and case.agent]
    makers = _makers(dice)
    found: dict[str, None] = {}
    while len(found) < count:
        roll = dice.random()
        if roll < 0.10:
            found[dice.choice(machines)] = None
        elif roll < 0.20:
            found[dice.choice(real)] = None
        else:
            found[next(makers)] = None
    return tuple(found)


def _makers(dice: random.Random) -> Iterator[str]:
    """Phones without end: what differs between two of them is what differs in real logs."""
    models = [
        f"SM-{letter}{number}{tail}"
        for letter in "AGSFM"
        for number in range(105, 999, 7)
        for tail in ("B", "U", "U1")
    ]
    models += [
        f"{name} {number}"
        for name in ("Pixel", "Redmi Note", "moto g", "Nokia", "TECNO K")
        for number in range(4, 40)
    ]
    while True:
        model, android = dice.choice(models), dice.randint(9, 16)
        build = f"Build/TP1A.{dice.randint(220000, 250999)}.{dice.randint(1, 30):03}"
        chrome = f"Chrome/{_version(dice, 138)}"
        shape = dice.random()
        if shape < 0.35:
            yield _iphone(dice)
        elif shape < 0.65:
            phone = f"Mozilla/5.0 (Linux; Android {android}; {model})"
            yield f"{phone} {BLINK} {chrome} Mobile Safari/537.36"
        else:
            app = dice.choice(_APPS)(dice, model)
            yield (
                f"Mozilla/5.0 (Linux; Android {android}; {model} {build}; wv) {BLINK}"
                f" Version/4.0 {chrome} Mobile Safari/537.36 {app}"
            )


def _iphone(dice: random.Random) -> str:
    system, minor = dice.randint(14, 18), dice.randint(0, 7)
    start = f"Mozilla/5.0 (iPhone; CPU iPhone OS {system}_{minor} like Mac OS X) {WEBKIT}"
    shape = dice.random()
    if shape < 0.3:
        return f"{start} Version/{system}.{minor} Mobile/15E148 Safari/604.1"
    if shape < 0.5:
        return f"{start} CriOS/{_version(dice, 142)} Mobile/15E148 Safari/604.1"
    if shape < 0.6:
        return f"{start} GSA/{_version(dice, 390)} Mobile/15E148 Safari/604.1"
    return f"{start} Mobile/22B83 {_instagram(dice, f'iPhone{dice.randint(11, 17)},1')}"


def _version(dice: random.Random, newest: int) -> str:
    return f"{dice.randint(newest - 40, newest)}.0.{dice.randint(10, 7500)}.{dice.randint(1, 199)}"


def _instagram(dice: random.Random, model: str) -> str:
    return (
        f"Instagram {_version(dice, 410)} Android (34/14; 420dpi; 1080x{dice.randint(1900, 2600)};"
        f" maker; {model}; x; qcom; en_US; {dice.randint(10**8, 10**9)})"
    )


def _facebook(dice: random.Random, model: str) -> str:
    return f"[FB_IAB/FB4A;FBAV/{_version(dice, 560)};]"


def _viber(dice: random.Random, model: str) -> str:
    return f"Viber/{_version(dice, 45)}"


_APPS: Sequence[Callable[[random.Random, str], str]] = (_instagram, _facebook, _viber)


def _print_peer(clicks: int, agents: int) -> None:
    patterns = [re.compile(entry["pattern"]) for entry in CRAWLER_USER_AGENTS_DATA]
    drawn = _drawn(_agents(agents), clicks)

    def plain(agent: str) -> bool:
        return any(pattern.search(agent) for pattern in patterns)

    for name, ask in (("one after the other", plain), ("with a cache", cache(plain))):
        start = time.perf_counter()
        for agent in drawn:
            ask(agent)
        rate = clicks / (time.perf_counter() - start)
        print(f"the list's patterns {name}: {rate:,.0f} clicks/s, for the list alone")


if __name__ == "__main__":
    main()
