"""Queues and the calls that wait in them. Source of the facts: Twilio's 2010-04-01 OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..orm.queryset import QuerySet
from ..orm.relations import Many, One
from ..schema.derived import Derived
from ..schema.number_fields import Whole
from ..schema.parameters import Parameters
from ..schema.text_fields import Sid, Text
from ..schema.time_fields import Time
from .common import Common, Owned

if TYPE_CHECKING:
    from .calls import Call

FRONT = "Front"
"""What Twilio's older documents call the first in line, where a call's SID is meant."""


class Members(QuerySet["Member"]):
    """The calls that wait in a queue."""

    def front(self) -> Member:
        """Whoever waits first, at this moment. Touches the network; raises DoesNotExist where nobody waits."""
        return Member.fetch_at(self, FRONT)

    def dequeue(self, url: str, method: str = "POST") -> Member:
        """Take whoever waits first out of the queue, in one request, to go on with what ``url`` says.

        Touches the network; raises DoesNotExist where nobody waits.
        """
        return Member.fetch_at(self, FRONT, {"url": url, "method": method})


class HasMembers(Many["Member"]):
    """A queue's relation to them."""

    if TYPE_CHECKING:

        def __get__(self, instance: object, owner: Any) -> Members: ...  # type: ignore[override]


class Queue(Common):
    """A line of waiting calls."""

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
        """Whoever waits first, at this moment. Touches the network; raises DoesNotExist where nobody waits."""
        return self.members.front()


class Member(Owned):
    """A call that waits in a queue. It is there while it waits; the mirror keeps what it has seen."""

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
        """Whoever waits first in ``queue``, a record or its SID. Touches the network; raises DoesNotExist."""
        return cls.fetch_at(cls.using().filter(queue_sid=queue), FRONT)

    def dequeue(self, url: str, method: str = "POST", *, front: bool = False) -> Member:
        """Take this call out of the queue, to go on with what ``url`` says. Touches the network.

        :param front: take whoever waits first by then, which may be another.
        """
        if front:
            members: Any = self.using(self.bound_connection())
            return members.filter(queue_sid=self.queue_sid).dequeue(url, method)  # type: ignore[no-any-return]
        return self.update(url=url, method=method)
