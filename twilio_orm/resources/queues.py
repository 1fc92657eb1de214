"""Queues and the calls that wait in them. Source: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..orm.queryset import QuerySet
from ..orm.relations import Many, One
from ..schema.derived import Derived
from ..schema.number_fields import Whole
from ..schema.parameters import Parameters
from ..schema.text_fields import Sid, Text
from ..schema.time_fields import Time
from .common import Common, Owned, typed

if TYPE_CHECKING:
    from .calls import Call

FRONT = "Front"
"""The name of the first call in the queue, in place of its SID (Twilio's older documents)."""


class Members(typed.MemberQuerySet["Member"], QuerySet["Member"]):
    """The query set of the calls that wait in a queue."""

    def front(self) -> Member:
        """The call that is first in the queue now. Calls Twilio; raises DoesNotExist if no call waits."""
        return Member.fetch_at(self, FRONT)

    def dequeue(self, url: str, method: str = "POST") -> Member:
        """Take the first call out of the queue, in one request. Calls Twilio.

        :param url: where Twilio fetches the next instructions for the call.
        :param method: the HTTP method for ``url``.
        :raises DoesNotExist: no call waits.
        """
        return Member.fetch_at(self, FRONT, {"url": url, "method": method})


class HasMembers(Many["Member"]):
    """The relation of a queue to its members."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: Any) -> Members: ...  # type: ignore[override]


class Queue(typed.Queue, Common):
    """A queue of waiting calls."""

    sid = Sid("QU", primary_key=True)
    friendly_name = Text(write=True)
    max_size = Whole(write=True)
    current_size = Whole(volatile=True)
    average_wait_time = Whole(volatile=True)

    members = HasMembers("Member", by="queue_sid")

    class Meta:
        path = "Queues"
        shows = ("friendly_name", "current_size")
        creates = Parameters("friendly_name", order="friendly_name max_size")
        updates = Parameters()
        deletable = True

    def front(self) -> Member:
        """The call that is first in the queue now. Calls Twilio; raises DoesNotExist if no call waits."""
        return self.members.front()


class Member(typed.Member, Owned):
    """A call that waits in a queue. Twilio lists it while it waits; the mirror keeps those that it fetched."""

    query_set_class = Members

    queue_sid = Sid("QU", refers="queue")
    call_sid = Sid("CA", refers="call")
    account_sid = Sid("AC", refers="account", from_request=True)
    position = Whole(volatile=True)
    wait_time = Whole(volatile=True)
    date_enqueued = Time()
    uri = Derived()

    queue: One[Queue] = One("Queue", by="queue_sid")
    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Queues/{queue_sid}/Members"
        list_key = "queue_members"
        key = ("queue_sid", "call_sid")
        shows = ("queue_sid", "position")
        updates = Parameters("url", url="url", method="method")

    @classmethod
    def front(cls, queue: Queue | str) -> Member:
        """The call that is first in a queue now. Calls Twilio.

        :param queue: the queue, or its SID.
        :raises DoesNotExist: no call waits.
        """
        return cls.fetch_at(cls.using().filter(queue_sid=queue), FRONT)

    def dequeue(self, url: str, method: str = "POST", *, front: bool = False) -> Member:
        """Take this call out of the queue. Calls Twilio.

        :param url: where Twilio fetches the next instructions for the call.
        :param method: the HTTP method for ``url``.
        :param front: take the call that is first by then, which may be another one.
        """
        if front:
            members: Any = self.using(self.bound_connection())
            return members.filter(queue_sid=self.queue_sid).dequeue(url, method)  # type: ignore[no-any-return]
        return self.update(url=url, method=method)
