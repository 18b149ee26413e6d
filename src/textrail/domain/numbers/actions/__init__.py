"""Changing numbers and carrier connections. What a carrier must hear of is left to a task."""

from textrail.domain.numbers.actions.adding import CONNECT, Abilities, add_number
from textrail.domain.numbers.actions.buying import (
    BUY,
    complete_order,
    fail_order,
    order_again,
    order_number,
)
from textrail.domain.numbers.actions.connecting import (
    GIVE_BACK,
    connect_again,
    give_back_again,
    mark_connected,
    mark_given_back,
    mark_kept,
    mark_not_connected,
    mark_not_given_back,
    release_number,
)
from textrail.domain.numbers.actions.connections import (
    CHECK,
    check_connection,
    connect_carrier,
    note_health,
    remove_connection,
)
from textrail.domain.numbers.actions.editing import (
    change_source,
    rename_number,
    switch_sms,
    update_number,
)
from textrail.domain.numbers.actions.flows import (
    create_flow,
    discard_draft,
    draft_flow,
    remove_flow,
    rename_flow,
    set_call_flow,
    use_draft,
    use_for_numbers,
    version_of,
)
from textrail.domain.numbers.actions.hours import remove_hours, save_hours, set_special_day
from textrail.domain.numbers.actions.patching import NumberChanges, change_number_in_parts
from textrail.domain.numbers.actions.registering import heed_unregistered, set_registration
from textrail.domain.numbers.actions.sounds import add_sound, remove_sound
from textrail.domain.numbers.actions.sources import source_fields

__all__ = [
    "BUY",
    "CHECK",
    "CONNECT",
    "GIVE_BACK",
    "Abilities",
    "NumberChanges",
    "add_number",
    "add_sound",
    "change_number_in_parts",
    "change_source",
    "check_connection",
    "complete_order",
    "connect_again",
    "connect_carrier",
    "create_flow",
    "discard_draft",
    "draft_flow",
    "fail_order",
    "give_back_again",
    "heed_unregistered",
    "mark_connected",
    "mark_given_back",
    "mark_kept",
    "mark_not_connected",
    "mark_not_given_back",
    "note_health",
    "order_again",
    "order_number",
    "release_number",
    "remove_connection",
    "remove_flow",
    "remove_hours",
    "remove_sound",
    "rename_flow",
    "rename_number",
    "save_hours",
    "set_call_flow",
    "set_registration",
    "set_special_day",
    "source_fields",
    "switch_sms",
    "update_number",
    "use_draft",
    "use_for_numbers",
    "version_of",
]
