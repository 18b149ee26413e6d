"""Pages of a business, mounted at /b/<slug:business>/."""

from django.urls import path

from textrail.domain.inbox import pages

app_name = "inbox"
urlpatterns = [
    path("conversations/", pages.conversations, name="conversations"),
    path("conversations/new/", pages.new_message, name="new"),
    path("conversations/stream/", pages.stream, name="stream"),
    path("conversations/answers/", pages.answers, name="answers"),
    path("conversations/files/<int:attachment_id>/", pages.file, name="file"),
    path("conversations/<int:conversation_id>/", pages.conversation, name="conversation"),
    path("conversations/<int:conversation_id>/contact/", pages.contact, name="contact"),
    path("conversations/<int:conversation_id>/reply/", pages.reply, name="reply"),
    path("conversations/<int:conversation_id>/read/", pages.read, name="read"),
]
