"""Changing links, their codes and all that decides where a click goes and what it was."""

from textrail.domain.links.actions.awaiting import (
    EarlyReport,
    await_clicks,
    forget_awaited,
    meet_clicks,
)
from textrail.domain.links.actions.canaries import SeedText, mint_canaries, note_seed_codes
from textrail.domain.links.actions.checks import record_checks, request_check, request_checks
from textrail.domain.links.actions.codes import (
    NewCode,
    reserve_codes,
    store_code_columns,
    store_codes,
)
from textrail.domain.links.actions.conventions import Fixed, fix_kind, fix_link, set_convention
from textrail.domain.links.actions.discarding import discard_links
from textrail.domain.links.actions.domains import (
    add_domain,
    check_all_domains,
    check_domain_again,
    leave_default_domain,
    make_default_domain,
    note_check,
    remove_domain,
    set_code_length,
)
from textrail.domain.links.actions.handout_files import keep_upload
from textrail.domain.links.actions.handouts import (
    Chunk,
    add_handout,
    fail_handout,
    go_on,
    note_problem,
    remove_handout,
    remove_old_handouts,
    start_handout,
    write_chunk,
)
from textrail.domain.links.actions.links import (
    LinkChanges,
    archive_link,
    create_link,
    edit_link,
    share_code,
    unarchive_link,
    upsert_link,
)
from textrail.domain.links.actions.making import (
    Made,
    check_drafts,
    make_link,
    make_links,
    reserve_codes_for,
)
from textrail.domain.links.actions.recipients import hand_out_codes
from textrail.domain.links.actions.routing import (
    route_of,
    set_ending,
    set_rules,
    write_route,
)
from textrail.domain.links.actions.stores import (
    add_store,
    change_store,
    import_stores,
    remove_store,
)

__all__ = [
    "Chunk",
    "EarlyReport",
    "Fixed",
    "LinkChanges",
    "Made",
    "NewCode",
    "SeedText",
    "add_domain",
    "add_handout",
    "add_store",
    "archive_link",
    "await_clicks",
    "change_store",
    "check_all_domains",
    "check_domain_again",
    "check_drafts",
    "create_link",
    "discard_links",
    "edit_link",
    "fail_handout",
    "fix_kind",
    "fix_link",
    "forget_awaited",
    "go_on",
    "hand_out_codes",
    "import_stores",
    "keep_upload",
    "leave_default_domain",
    "make_default_domain",
    "make_link",
    "make_links",
    "meet_clicks",
    "mint_canaries",
    "note_check",
    "note_problem",
    "note_seed_codes",
    "record_checks",
    "remove_domain",
    "remove_handout",
    "remove_old_handouts",
    "remove_store",
    "request_check",
    "request_checks",
    "reserve_codes",
    "reserve_codes_for",
    "route_of",
    "set_code_length",
    "set_convention",
    "set_ending",
    "set_rules",
    "share_code",
    "start_handout",
    "store_code_columns",
    "store_codes",
    "unarchive_link",
    "upsert_link",
    "write_chunk",
    "write_route",
]
