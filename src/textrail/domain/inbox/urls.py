"""Pages of a business, mounted at /b/<slug:business>/."""

from django.urls import path

from textrail.domain.inbox import pages

app_name = "inbox"
urlpatterns = [
    path("conversations/", pages.conversations, name="conversations"),
    path("conversations/new/", pages.new_message, name="new"),
    path("conversations/stream/", pages.stream, name="stream"),
    path("conversations/answers/", pages.answers, name="answers"),
    path("conversations/answers/new/", pages.new_answer, name="new_answer"),
    path("conversations/answers/preview/", pages.preview_answer, name="preview_answer"),
    path("conversations/answers/test/", pages.try_answers, name="try_answers"),
    path("conversations/answers/<int:answer_id>/", pages.answer, name="answer"),
    path("conversations/answers/<int:answer_id>/edit/", pages.edit_answer, name="edit_answer"),
    path(
        "conversations/answers/<int:answer_id>/switch/", pages.switch_answer, name="switch_answer"
    ),
    path(
        "conversations/answers/<int:answer_id>/remove/", pages.remove_answer, name="remove_answer"
    ),
    path("conversations/check/", pages.check, name="check"),
    path("conversations/quick/", pages.quick, name="quick"),
    path("conversations/quick-replies/", pages.quick_replies, name="quick_replies"),
    path(
        "conversations/quick-replies/<int:reply_id>/remove/",
        pages.remove_quick_reply,
        name="remove_quick_reply",
    ),
    path("consent/review/", pages.reviews, name="reviews"),
    path("consent/review/<int:review_id>/", pages.review, name="review"),
    path("conversations/quiet-hours/", pages.quiet_hours, name="quiet_hours"),
    path("conversations/texts/<int:message_id>/again/", pages.say_again, name="say_again"),
    path("conversations/texts/<int:message_id>/cancel/", pages.cancel_text, name="cancel_text"),
    path("conversations/texts/<int:message_id>/edit/", pages.edit_text, name="edit_text"),
    path("conversations/files/<int:attachment_id>/", pages.file, name="file"),
    path("conversations/recordings/<int:recording_id>/", pages.recording, name="recording"),
    path(
        "conversations/recordings/<int:recording_id>/delete/",
        pages.delete_recording,
        name="delete_recording",
    ),
    path("conversations/with/<int:contact_id>/", pages.conversation_with, name="conversation_with"),
    path("conversations/<int:conversation_id>/", pages.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/contact/", pages.contact, name="contact"),
    path("conversations/<int:conversation_id>/reply/", pages.reply, name="reply"),
    path("conversations/<int:conversation_id>/notes/", pages.add_note, name="add_note"),
    path(
        "conversations/<int:conversation_id>/notes/<int:note_id>/remove/",
        pages.remove_note,
        name="remove_note",
    ),
    path("conversations/<int:conversation_id>/assign/", pages.assign, name="assign"),
    path("conversations/<int:conversation_id>/tags/", pages.tags, name="tags"),
    path("conversations/<int:conversation_id>/read/", pages.read, name="read"),
    path("conversations/<int:conversation_id>/unread/", pages.unread, name="unread"),
    path("conversations/<int:conversation_id>/settle/", pages.settle, name="settle"),
    path("conversations/read-all/", pages.read_all, name="read_all"),
    path("conversations/several/", pages.several, name="several"),
]
