"""Conversations, and what members have of them: who holds one, who read it, notes beside it."""

from __future__ import annotations

from django.db import models

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.models import Contact
from textrail.domain.numbers.models import TrackingNumber


class Conversation(models.Model):
    """All that one contact and the business said to each other. `number` is the last one used.

    `opened_at` is empty while only campaigns have written: such a thread is kept out of the list.
    A text that a person scheduled opens it.
    `inbound` counts texts and calls that wanted somebody, the last of them at `inbound_at`;
    `unread` are those that came since anybody opened the thread. `waiting_since` is when the
    first of those came that nobody has answered yet. `last_line` is what happened last, and
    `last_ours` whether we wrote it. `tail` are the last four digits of the phone.
    """

    # SQLite finds rows of a business by their ids along this index, which ends with them.
    business = models.ForeignKey(Business, on_delete=models.CASCADE)
    contact = models.OneToOneField(Contact, on_delete=models.CASCADE, related_name="conversation")
    number = models.ForeignKey(TrackingNumber, on_delete=models.PROTECT, related_name="+")
    assignee = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    last_at = models.DateTimeField()
    last_line = models.CharField(max_length=160, blank=True)
    last_ours = models.BooleanField(default=False, db_default=False)
    unread = models.PositiveIntegerField(default=0)
    inbound = models.PositiveIntegerField(default=0, db_default=0)
    inbound_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    has_texts = models.BooleanField(default=False, db_default=False)
    has_calls = models.BooleanField(default=False, db_default=False)
    tail = models.CharField(max_length=4, blank=True, default="", db_default="")
    opened_at = models.DateTimeField(null=True)

    class Meta:
        # One for each filter that may keep few of many threads; the list walks along it.
        indexes = [
            models.Index(
                fields=["business", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False),
                name="thread_newest",
            ),
            models.Index(
                fields=["business", "number", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False),
                name="thread_of_number",
            ),
            models.Index(
                fields=["business", "assignee", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False, assignee__isnull=False),
                name="thread_of_assignee",
            ),
            models.Index(
                fields=["business", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False, waiting_since__isnull=False),
                name="thread_waiting",
            ),
            models.Index(
                fields=["business", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False, has_calls=True),
                name="thread_with_calls",
            ),
            models.Index(
                fields=["business", "-last_at", "-id"],
                condition=models.Q(opened_at__isnull=False, has_texts=True),
                name="thread_with_texts",
            ),
            models.Index(fields=["business", "inbound_at"], name="thread_inbound"),
            models.Index(fields=["business", "tail"], name="thread_by_tail"),
        ]


class Reading(models.Model):
    """How much of what came in a member has seen: `seen` of the conversation's `inbound`."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="readings"
    )
    seen = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "conversation"], name="one_reading_per_member")
        ]


class ReadFloor(models.Model):
    """What came in before `at` is read for a member, unless a `Reading` says otherwise."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, db_index=False)
    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "business"], name="one_floor_per_member")
        ]


class Note(models.Model):
    """What a member wrote for the others, or a program with the API key `key_name`. Whoever removes
    one removes its words, not the row."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="notes", db_index=False
    )
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, db_index=False)
    key_name = models.CharField(max_length=80, blank=True, default="", db_default="")
    body = models.TextField(blank=True)
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="note_in_thread"),
            models.Index(fields=["business", "-id"], name="note_newest"),
        ]


class Nudge(models.Model):
    """How often members changed what the pages of a business show, where no newer row says so: a
    note or a tag that went, a name, a scheduled text."""

    business = models.OneToOneField(Business, on_delete=models.CASCADE)
    count = models.PositiveBigIntegerField(default=0)


class Assignment(models.Model):
    """That a conversation was given to `user`, or to nobody, by `actor` or by the API key
    `key_name`. Append-only."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="assignments", db_index=False
    )
    user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    actor = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    key_name = models.CharField(max_length=80, blank=True, default="", db_default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="assignment_in_thread"),
            models.Index(fields=["business", "-id"], name="assignment_newest"),
        ]


class FirstAnswer(models.Model):
    """How long somebody waited for a person of ours: from `asked_at` for `seconds`, until `user`
    answered at `at`. Automatic answers are none."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="first_answers"
    )
    user = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    asked_at = models.DateTimeField()
    at = models.DateTimeField()
    seconds = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["business", "at", "seconds"], name="first_answers")]


class SearchPart(models.Model):
    """A stretch of a business's texts in the index of words, oldest first: a word is kept once for
    each part, so that a search reads the newest part first and never another business's words."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, db_index=False)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    texts = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["business", "-id"], name="search_newest_part")]
