"""What changes a conversation. Each action is one transaction: state, events and work together."""

from textrail.domain.inbox.actions.answers import decide_review
from textrail.domain.inbox.actions.answers_kept import (
    AnswerDraft,
    remove_answer,
    save_answer,
    set_answer,
    switch_answer,
)
from textrail.domain.inbox.actions.assigning import assign, free_conversations
from textrail.domain.inbox.actions.calls import (
    note_standing,
    record_call,
    record_turn,
    settle_call,
)
from textrail.domain.inbox.actions.chasing import put_off_look
from textrail.domain.inbox.actions.conversations import needs_no_answer, open_conversation
from textrail.domain.inbox.actions.indexing import forget_words, index_names, index_words
from textrail.domain.inbox.actions.media import (
    KeptMedia,
    discard_media,
    fail_attachment,
    fill_attachment,
    keep_media,
)
from textrail.domain.inbox.actions.mouth import (
    accept,
    claim,
    depart,
    give_up,
    is_anothers,
    recall,
    reject,
    release,
)
from textrail.domain.inbox.actions.notes import add_note, remove_note
from textrail.domain.inbox.actions.nudging import add_tags, remove_tags, rename, tag
from textrail.domain.inbox.actions.programs import (
    NewText,
    Once,
    Sent,
    ThreadChanges,
    change_conversation,
    send_once,
    why_not_sent,
)
from textrail.domain.inbox.actions.quick_replies import remove_quick_reply, set_quick_reply
from textrail.domain.inbox.actions.quieting import check_quiet, set_quiet_hours
from textrail.domain.inbox.actions.reading import (
    look_into,
    mark_all_read,
    mark_read,
    mark_unread,
)
from textrail.domain.inbox.actions.receipts import record_receipt
from textrail.domain.inbox.actions.receiving import (
    Incoming,
    record_inbound_texts,
)
from textrail.domain.inbox.actions.recordings import (
    delete_recording,
    fail_recording,
    fill_recording,
    keep_recording,
    record_recording,
)
from textrail.domain.inbox.actions.scheduling import (
    cancel_scheduled,
    change_scheduled,
    check_time,
    say_again,
)
from textrail.domain.inbox.actions.sending import (
    CampaignText,
    check_not_ours,
    queue_campaign_texts,
    queue_text,
    start_conversation,
    why_not_from,
)
from textrail.domain.inbox.actions.setting_aside import (
    cancel_waiting,
    take_up_again,
    wait_for_way_out,
)

__all__ = [
    "AnswerDraft",
    "CampaignText",
    "Incoming",
    "KeptMedia",
    "NewText",
    "Once",
    "Sent",
    "ThreadChanges",
    "accept",
    "add_note",
    "add_tags",
    "assign",
    "cancel_scheduled",
    "cancel_waiting",
    "change_conversation",
    "change_scheduled",
    "check_not_ours",
    "check_quiet",
    "check_time",
    "claim",
    "decide_review",
    "delete_recording",
    "depart",
    "discard_media",
    "fail_attachment",
    "fail_recording",
    "fill_attachment",
    "fill_recording",
    "forget_words",
    "free_conversations",
    "give_up",
    "index_names",
    "index_words",
    "is_anothers",
    "keep_media",
    "keep_recording",
    "look_into",
    "mark_all_read",
    "mark_read",
    "mark_unread",
    "needs_no_answer",
    "note_standing",
    "open_conversation",
    "put_off_look",
    "queue_campaign_texts",
    "queue_text",
    "recall",
    "record_call",
    "record_inbound_texts",
    "record_receipt",
    "record_recording",
    "record_turn",
    "reject",
    "release",
    "remove_answer",
    "remove_note",
    "remove_quick_reply",
    "remove_tags",
    "rename",
    "save_answer",
    "say_again",
    "send_once",
    "set_answer",
    "set_quick_reply",
    "set_quiet_hours",
    "settle_call",
    "start_conversation",
    "switch_answer",
    "tag",
    "take_up_again",
    "wait_for_way_out",
    "why_not_from",
    "why_not_sent",
]
