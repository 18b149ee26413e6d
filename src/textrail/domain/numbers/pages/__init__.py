"""Pages of numbers: the list and each of them, getting one, the carrier accounts."""

from textrail.domain.numbers.pages.carriers import carriers, check_carrier, remove_carrier
from textrail.domain.numbers.pages.flow_trying import try_flow
from textrail.domain.numbers.pages.flows import change_flow, edit_step, flow, flows, new_flow
from textrail.domain.numbers.pages.getting import new_number
from textrail.domain.numbers.pages.hours import (
    edit_hours,
    hours,
    hours_list,
    new_hours,
    remove_hours,
    special_day,
)
from textrail.domain.numbers.pages.numbers import (
    connect,
    edit,
    give_back,
    number,
    numbers,
    register,
    release,
)
from textrail.domain.numbers.pages.owned import owned
from textrail.domain.numbers.pages.searching import buy, find, order, order_again
from textrail.domain.numbers.pages.sounds import (
    add_sound,
    public_sound,
    remove_sound,
    sound_file,
    sounds,
)

__all__ = [
    "add_sound",
    "buy",
    "carriers",
    "change_flow",
    "check_carrier",
    "connect",
    "edit",
    "edit_hours",
    "edit_step",
    "find",
    "flow",
    "flows",
    "give_back",
    "hours",
    "hours_list",
    "new_flow",
    "new_hours",
    "new_number",
    "number",
    "numbers",
    "order",
    "order_again",
    "owned",
    "public_sound",
    "register",
    "release",
    "remove_carrier",
    "remove_hours",
    "remove_sound",
    "sound_file",
    "sounds",
    "special_day",
    "try_flow",
]
