"""What one member has not read yet: what came in since the floor, and what a reading says."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.inbox.models import Conversation, ReadFloor, Reading

_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReadState:
    """A conversation is unread when its reader's `Reading` has seen less than came in; without one,
    when something came in since `floor`. Without a reader, what no member has opened is unread."""

    business: Business
    user_id: int
    floor: datetime

    def condition(self) -> Q:
        """Unread, as a condition on conversations."""
        if not self.user_id:
            return Q(unread__gt=0)
        mine = Reading.objects.filter(user_id=self.user_id, conversation=OuterRef("pk"))
        behind = Exists(mine.filter(seen__lt=OuterRef("inbound")))
        return Q(behind) | Q(Q(inbound_at__gte=self.floor, inbound__gt=0), ~Exists(mine))

    def few(self, most: int) -> list[int] | None:
        """The ids of all unread conversations, if they are at most so many."""
        if not self.user_id:
            return None
        ids = list(self._behind().values_list("conversation_id", flat=True)[: most + 1])
        if len(ids) <= most:
            ids += self.untouched().values_list("id", flat=True)[: most + 1 - len(ids)]
        return ids if len(ids) <= most else None

    def count(self, most: int) -> int:
        """How many are unread, counted up to `most`."""
        behind = self._behind().filter(conversation__opened_at__isnull=False)[:most].count()
        if behind == most:
            return most
        untouched = self.untouched().filter(opened_at__isnull=False)
        return behind + untouched[: most - behind].count()

    def _behind(self) -> QuerySet[Reading]:
        rows = Reading.objects.filter(user_id=self.user_id, conversation__business=self.business)
        return rows.filter(seen__lt=F("conversation__inbound")).order_by()

    def untouched(self) -> QuerySet[Conversation]:
        """Conversations that are unread without a reading that says so."""
        mine = Reading.objects.filter(user_id=self.user_id, conversation=OuterRef("pk"))
        rows = Conversation.objects.filter(business=self.business, inbound_at__gte=self.floor)
        return rows.filter(~Exists(mine), inbound__gt=0).order_by()

    def unread_of(self, ids: Collection[int]) -> dict[int, int]:
        """How much of each of these came in since its reader looked; only what is not read."""
        rows = Conversation.objects.filter(business=self.business, id__in=ids, inbound__gt=0)
        seen = dict(
            Reading.objects.filter(user_id=self.user_id, conversation_id__in=ids).values_list(
                "conversation_id", "seen"
            )
        )
        counts: dict[int, int] = {}
        for row_id, inbound, inbound_at, unread in rows.values_list(
            "id", "inbound", "inbound_at", "unread"
        ):
            if not self.user_id:
                counts[row_id] = unread
            elif row_id in seen:
                counts[row_id] = max(0, inbound - seen[row_id])
            elif inbound_at is not None and inbound_at >= self.floor:
                counts[row_id] = max(1, unread)
        return counts


def read_state(business: Business, user: User | None) -> ReadState:
    """What `user` has read in the business."""
    if user is None:
        return ReadState(business, 0, _NEVER)
    floors = ReadFloor.objects.filter(user=user, business=business)
    floor = floors.values_list("at", flat=True).first()
    if floor is None:
        joined = Membership.objects.filter(user=user, business=business)
        floor = joined.values_list("created_at", flat=True).first()
    return ReadState(business, user.pk, floor or _NEVER)
