"""What a type checker has to accept: nothing here runs, and no line is a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from typing_extensions import assert_type

from twilio_orm import (
    Account,
    Application,
    AvailablePhoneNumber,
    Call,
    Conference,
    Connection,
    Count,
    F,
    IncomingPhoneNumber,
    Key,
    Media,
    Message,
    Participant,
    Q,
    QuerySet,
    Queue,
    Recording,
    Sum,
    UsageRecord,
    Verbatim,
)
from twilio_orm.resources.typed import CallQuerySet, MessageQuerySet, RecordingQuerySet


class MyCall(Call):
    """A class of a user's."""

    def is_long(self) -> bool:
        return (self.duration or 0) > 3600


def conditions(noon: datetime, day: date, numbers: list[str], call: Call, some: Iterator[str]) -> None:
    Call.filter(status="busy", duration__gt=60, to="+15551234567")
    Call.filter(status=Verbatim("on-hold"), status__in=["busy", "failed"])
    Call.filter(status__in=("busy", "failed"), to__in={"+1", "+2"}, from___in=numbers)
    Call.filter(to__in=some, direction__in=dict.fromkeys(numbers), sid__in=frozenset(numbers))
    Call.filter(to__in=Message.values_list("to", flat=True), parent_call_sid__in=[call, "CA"])
    Call.filter(start_time__gte=noon, end_time__lt=day, date_created__gt="2026-06-01T12:00:00Z")
    Call.filter(start_time__range=(noon, noon + timedelta(hours=1)), duration__range=[60, 120])
    Call.filter(start_time__range=[day, day], start_time__in=[noon, day, "2026-06-01"])
    Call.filter(start_time__date=day, start_time__date__gte="2026-06-01", start_time__year=2026, tz="Europe/Berlin")
    Call.filter(start_time__hour__range=(9, 17), start_time__week_day__in=[2, 3], tz=ZoneInfo("Europe/Berlin"))
    Call.filter(start_time__hour=9, tz=timezone.utc)
    Call.filter(price__lt=Decimal("-0.05"), price__gte="-1.5", price__range=(-2, Decimal("-0.1")))
    Call.filter(end_time__isnull=True, forwarded_from__isnull=False)
    Call.filter(Q(to="+1") | ~Q(from_="+1"), date_updated__gt=F("date_created"), to=F("from_"))
    Call.filter(Q(recordings__transcriptions__status="completed"), Q(**{"from": "+1"}))
    Call.filter(parent_call=call, account="AC", parent_call__status="busy", incoming_phone_number__phone_number="+1")
    Call.filter(recordings__duration__gt=60, recordings__isnull=False, recordings__status__in=["completed"])
    Call.filter(caller_name__icontains="ann", to__startswith="+49", to__regex=r"^\+49", from__startswith="+1")
    Call.filter(to_country="DE", billed_minutes__gte=2, our_number="+1", pk="CA", pk__in=["CA"])
    Recording.filter(include_soft_deleted=True, call__status="completed", call__start_time__gte=day, call=call)
    Media.filter(message="MM", message__status="received", content_type__startswith="image/")
    Message.exclude(Q(status="sent"), error_code__in=range(30000, 30010))
    UsageRecord.daily.filter(category="calls", start_date__gte=day)
    AvailablePhoneNumber.filter(country="US", type="local", area_code=415, sms_enabled=True)
    Account.filter(status="active", friendly_name="Example", calls__isnull=False)
    Call.get("CA"), Call.get(call), Call.get(status="busy"), Call.get(Q(to="+1"), duration__gt=3)
    Call.get_or_none(to="+1"), Queue.get_or_create({"max_size": 3}, friendly_name="support")


def query_sets(connection: Connection, noon: datetime) -> None:
    assert_type(Call.filter(status="busy"), CallQuerySet[Call])
    assert_type(Call.all().exclude(duration=0).offline().using(connection), CallQuerySet[Call])
    assert_type(Call.at(noon), CallQuerySet[Call])
    assert_type(MyCall.filter(status="busy").order_by("-start_time"), CallQuerySet[MyCall])
    assert_type(MyCall.objects.filter(to="+1").first(), MyCall | None)
    assert_type([call.is_long() for call in MyCall.offline()], list[bool])
    assert_type(takes_any(Call.filter(status="busy"), ["sid"]), QuerySet[Call])
    assert_type(Call.values("sid", "start_time__date", "pk").annotate(n=Count()).order_by("-n")[0], dict[str, Any])
    Call.order_by("-start_time", "sid").values_list("start_time__hour", "to_country", tz="Europe/Berlin")
    Recording.order_by("call__status", "-call__start_time").values("sid", "call__to", "conference__status")
    Call.annotate(n=Count("recordings"), long=Sum("recordings__duration")).filter(n__gt=1).values("sid", "n")
    Call.prefetch("recordings__transcriptions").in_bulk(["CA"])


def expressions() -> None:
    Call.filter(end_time__gt=F("start_time") + timedelta(hours=1), start_time__month_start=date(2026, 6, 1))
    Call.order_by(F("duration").desc(), "start_time__hour")
    for call in Call.annotate(lasted=F("end_time") - F("start_time")).filter(lasted__gt=timedelta(hours=1)).order_by("-lasted"):
        print(call.lasted, call.sid)
    assert_type(Call.filter(status="busy").alias(minutes=F("duration") / 60).filter(minutes__gt=3), QuerySet[Call])


def takes_any(calls: QuerySet[Call], names: list[str]) -> QuerySet[Call]:
    """A function for conditions and names that are known at run time only: a plain query set takes any."""
    found: dict[str, Any] = {"status": "busy", "duration__gt": 60}
    Call.filter(**found)
    return calls.filter(**found).order_by(*names)


def relations(call: Call, recording: Recording, account: Account, room: Conference) -> None:
    assert_type(call.recordings, RecordingQuerySet[Recording])
    assert_type(recording.call, CallQuerySet[Call])
    assert_type(recording.call.get(), Call)
    assert_type(account.messages.filter(body__contains="hi"), MessageQuerySet[Message])
    assert_type(call.legs.filter(status="busy").first(), Call | None)
    room.participants.filter(muted=True).order_by("label")


def writes(call: Call, number: IncomingPhoneNumber, app: Application) -> None:
    Call.create(to="+1", from_="+2", url="https://example.com", status_callback_event=["ringing", "answered"], record=True)
    Call.create(to="+1", from_="+2", application_sid="AP", timeout=20, machine_detection=None)
    Message.create(to="+1", body="hi", media_url=["https://example.com/a.png"], send_at=datetime.now(timezone.utc))
    Key.create("laptop"), Key.create(friendly_name="laptop")
    Participant.create(conference_sid="CF", from_="+1", to="+2", beep=True, label="anna")
    call.update(status="completed"), call.update(url="https://example.com", method="POST")
    number.update(voice_url="", voice_application=app, friendly_name="Front desk")
    numbers = IncomingPhoneNumber.filter(voice_url__startswith="https://old.")
    numbers.plan_update(voice_url=lambda one: one.voice_url.replace("old.", "new."), sms_url="")
    numbers.update(confirm=True, voice_url="https://example.com")
    call.legs.create(to="+1", from_="+2", url="https://example.com")
    print(call.extras["a_new_key"], call.status, call.subresource_uris, call.uri, call.pk)
