"""Mistakes that a type checker finds: nothing here runs. An error is expected in each line marked so, and in no other."""

from __future__ import annotations

from datetime import date, datetime

from twilio_orm import (
    Account,
    Application,
    Call,
    Conference,
    IncomingPhoneNumber,
    Key,
    Message,
    Queue,
    Recording,
    UsageRecord,
)


class MyCall(Call):
    """A class of a user's."""


def conditions(call: Call, noon: datetime) -> None:
    Call.filter(statuss="busy")  # mistake
    Call.exclude(form_="+1")  # mistake
    Call.filter(duration__gte=60, status__inn=["busy"])  # mistake
    Call.filter(duration="long")  # mistake
    Call.filter(duration__gt=1.5)  # mistake
    Call.filter(status__in="busy")  # mistake
    Call.filter(duration__in=["60"])  # mistake
    Call.filter(start_time__gte=20260601)  # mistake
    Call.filter(start_time__range=("2026-06-01",))  # mistake
    Call.filter(start_time__hour="9")  # mistake
    Call.filter(duration__hour=9)  # mistake
    Call.filter(duration__range=(60, "120"))  # mistake
    Call.filter(price__lt=0.05)  # mistake
    Call.filter(end_time__isnull="yes")  # mistake
    Call.filter(status=None)  # mistake
    Call.filter(account__sid__in=7)  # mistake
    Call.filter(recordings__durations__gt=60)  # mistake
    Call.filter(status__contains=3)  # mistake
    Call.filter("busy")  # mistake
    Call.filter(status="busy").exclude(duraton=0)  # mistake
    Call.offline().filter(statuss="busy")  # mistake
    Call.objects.filter(statuss="busy")  # mistake
    MyCall.filter(statuss="busy")  # mistake
    Message.filter(duration=3)  # mistake
    IncomingPhoneNumber.filter(beta="no")  # mistake
    UsageRecord.filter(categroy="calls")  # mistake
    Call.get(statuss="busy")  # mistake
    Call.get_or_none(parent_call_sid=7)  # mistake
    Queue.get_or_create(freindly_name="support")  # mistake


async def asynchronous(call: Call) -> None:
    await Call.aget(statuss="busy")  # mistake
    await Call.aget_or_none(duration="long")  # mistake
    await MyCall.aget(statuss="busy")  # mistake
    await Call.filter(status="busy").aget(statuss="busy")  # mistake
    await Queue.aget_or_create(freindly_name="support")  # mistake
    await Queue.aupdate_or_create({"max_size": 3}, freindly_name="support")  # mistake
    await Call.acreate(to="+1", from_="+2", urll="https://example.com")  # mistake
    await Call.alatest("start_tme")  # mistake
    await call.aupdate(statuss="completed")  # mistake
    await call.aget(status="busy")  # mistake
    IncomingPhoneNumber.plan_update(voice_urll="https://example.com")  # mistake
    found: Message = await Call.aget(status="busy")  # mistake
    print(found)


def relations(call: Call, recording: Recording, account: Account, room: Conference) -> None:
    call.recordings.filter(statuss="completed")  # mistake
    recording.call.get(statuss="busy")  # mistake
    account.messages.filter(bodyy="hi")  # mistake
    call.legs.order_by("-start_tme")  # mistake
    call.conferences.filter(statuss="in-progress")  # mistake
    room.recordings.filter(duration__gte="long")  # mistake
    recording.call.status  # noqa: B018  # mistake


def names() -> None:
    Call.order_by("start_tme")  # mistake
    Call.filter(status="busy").order_by("-duration", "+to")  # mistake
    Call.values("sid", "statuss")  # mistake
    Call.filter(status="busy").values_list("start_time__minutes")  # mistake
    Message.values_list("duration", flat=True)  # mistake


def exports(call: Call) -> None:
    Call.to_csv()  # mistake
    Call.to_parquet("calls.parquet", guard_formulas=False)  # mistake
    call.to_csv("calls.csv")  # mistake


def records(call: Call, message: Message, number: IncomingPhoneNumber) -> None:
    print(call.statuz)  # mistake
    print(message.duration)  # mistake
    call.statuz = "completed"  # mistake
    print(call.hang_up())  # mistake
    length: str = call.duration  # mistake
    print(length)
    call.duration = "60"  # mistake


def writes(call: Call, number: IncomingPhoneNumber, app: Application) -> None:
    Call.create(to="+1", from_="+2", urll="https://example.com")  # mistake
    Message.create(to="+1", body=7)  # mistake
    call.update(statuss="completed")  # mistake
    number.update(voice_url=7)  # mistake
    IncomingPhoneNumber.filter(beta=False).update(confirm=True, voice_urll="https://example.com")  # mistake
    IncomingPhoneNumber.filter(beta=False).plan_update(voice_url=7)  # mistake
    Key.create("laptop", "desktop")  # mistake
    app.update(message_status_callback=date(2026, 6, 1))  # mistake
