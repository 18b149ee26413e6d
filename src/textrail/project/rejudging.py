"""`textrail clicks rejudge`: judge history again, say what changed, and feed the columns anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from textrail.analytics import feed
from textrail.domain.accounts.models import Business
from textrail.domain.links.actions.rejudging import Rejudged, rejudge
from textrail.domain.links.columns import TABLES
from textrail.domain.links.rules import RULESET, explain
from textrail.domain.links.tasks.recording import is_secure
from textrail.project.config import Config
from textrail.project.runtime import open_context
from textrail.vocabulary.errors import NotFound

_EXAMPLES = 2


@dataclass(slots=True)
class Changes:
    """Verdict before and after → how many clicks, and the first of them."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: dict[tuple[str, str], list[Rejudged]] = field(default_factory=dict)

    def add(self, one: Rejudged) -> None:
        key = (one.click.verdict, one.judgement.verdict)
        self.counts[key] += 1
        if one.is_changed and len(kept := self.examples.setdefault(key, [])) < _EXAMPLES:
            kept.append(one)


def run(
    config: Config, *, business: str = "", everything: bool = False, dry_run: bool = False
) -> Iterator[str]:
    """Judge again, line by line of what there is to say. Without `dry_run` the columns of clicks
    are made again at the end, also when nothing was left to judge: a run before may have been
    killed on its way there."""
    context = open_context(config)
    changes, done = Changes(), 0
    for batch in rejudge(
        atlas=context.atlas,
        secure=is_secure(config.links_url),
        at=context.clock.now(),
        business=_business(business),
        everything=everything,
        dry_run=dry_run,
    ):
        for one in batch.clicks:
            changes.add(one)
        done = batch.done
        yield f"{batch.done:,} of {batch.total:,} clicks"
    yield from _report(changes, done, dry_run=dry_run)
    if not dry_run:
        rows = feed.rebuild(config.columns_folder, TABLES, context.clock.now())
        yield f"The columns hold all {sum(rows.values()):,} clicks as they are judged now."


def _business(slug: str) -> Business | None:
    if not slug:
        return None
    found = Business.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(f"There is no business “{slug}”.", hint="It is the name in its addresses.")
    return found


def _report(changes: Changes, done: int, *, dry_run: bool) -> Iterator[str]:
    if not done:
        yield f"Every click is judged by ruleset {RULESET} already."
        return
    yield f"{'before':<10} {'by ruleset ' + str(RULESET):<13} {'clicks':>12}"
    for (before, after), count in sorted(changes.counts.items()):
        yield f"{before:<10} {after:<13} {count:>12,}"
        for one in changes.examples.get((before, after), []):
            yield f"    {_line(one)}"
    moved = sum(count for (before, after), count in changes.counts.items() if before != after)
    yield f"{moved:,} of {done:,} clicks {'would change' if dry_run else 'changed'} their verdict."


def _line(one: Rejudged) -> str:
    why = " ".join(explain(reason) for reason in one.judgement.reasons)
    return f"{one.click.click_id}  {one.click.at:%Y-%m-%d %H:%M:%S}  {why}"
