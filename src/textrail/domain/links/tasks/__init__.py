"""What links react to: clicks that the door recorded, and work that reaches out."""

from textrail.domain.links.tasks.checking import check
from textrail.domain.links.tasks.conventions import fix_findings
from textrail.domain.links.tasks.domains import check_domain, check_domains
from textrail.domain.links.tasks.handouts import make_handout, sweep_handouts
from textrail.domain.links.tasks.recording import record_clicks

__all__ = [
    "check",
    "check_domain",
    "check_domains",
    "fix_findings",
    "make_handout",
    "record_clicks",
    "sweep_handouts",
]
