"""Whether the domains of a business lead here: asked over the open web, as a phone would."""

from __future__ import annotations

import json

import httpx

from textrail.domain.links import actions, queries
from textrail.domain.links.models import Domain
from textrail.domain.links.rules.addresses import short_base
from textrail.domain.links.rules.destination import is_private
from textrail.domain.links.rules.domain_checks import (
    CHECKED_PATH,
    PASSING,
    SIGNED,
    what_is_wrong,
)
from textrail.outbox.contract import Context, Task
from textrail.outside.fetching import open_public_client
from textrail.vocabulary.errors import Transient

_READ_AT_MOST = 4096
_TRIES = 3


def check_domain(context: Context, task: Task) -> None:
    """Keep whether a domain leads here, or what is wrong. One that was removed is left alone.

    What may pass takes nothing away from a domain that was good until it has failed three times.
    """
    domain = Domain.objects.filter(id=task.number("domain_id")).first()
    if domain is None:
        return
    url = short_base(domain.host, context.links_url) + CHECKED_PATH
    # Inside a private network, as in a trial, domains may lie there too.
    allow_private = is_private(context.links_url)
    found = context.visitor.visit(url, allow_private=allow_private)
    ours = False
    if not found.failure and len(found.hops) == 1:
        with open_public_client(allow_private=allow_private) as http:
            ours = _is_ours(context, context.visitor.http or http, url)
    if found.failure in PASSING and queries.is_ready(domain) and task.attempt < _TRIES:
        raise Transient(f"{domain.host} did not answer: {found.failure}", code=found.failure)
    problem = what_is_wrong(found, ours=ours)
    actions.note_check(domain_id=domain.pk, problem=problem, at=context.clock.now())


def check_domains(context: Context, task: Task) -> None:
    """Have every domain checked; comes back on a schedule."""
    actions.check_all_domains(at=context.clock.now())


def _is_ours(context: Context, http: httpx.Client, url: str) -> bool:
    """Whether the door of this very installation answers at `url`."""
    try:
        with http.stream("GET", url, headers={"accept-encoding": "identity"}) as answer:
            text = b""
            for chunk in answer.iter_raw():
                text += chunk
                if len(text) > _READ_AT_MOST:
                    return False
        said = json.loads(text)
    except (httpx.TransportError, ValueError):
        return False
    signature = said.get(SIGNED) if isinstance(said, dict) else None
    return isinstance(signature, str) and context.seal.matches(SIGNED, signature)
