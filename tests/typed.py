"""What a type checker sees: nothing here runs, mypy reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from typing_extensions import assert_type

import twilio_orm
from twilio_orm import (
    Account,
    Amounts,
    Balance,
    Call,
    Conference,
    Connection,
    Count,
    F,
    IncomingPhoneNumber,
    Key,
    Max,
    Member,
    Message,
    Participant,
    Q,
    QuerySet,
    Queue,
    Recording,
    Report,
    Resource,
    Sum,
    Transcription,
    UsageRecord,
    ValidationRequest,
    WritePlan,
)
from twilio_orm.changes.compare import LiveDiff
from twilio_orm.orm.groups import Groups
from twilio_orm.orm.values import Values
from twilio_orm.resources.conferences import Participants
from twilio_orm.resources.queues import Members
from twilio_orm.resources.typed import (
    AccountQuerySet,
    CallQuerySet,
    MessageQuerySet,
    ParticipantQuerySet,
    RecordingQuerySet,
    TranscriptionQuerySet,
)
from twilio_orm.resources.usage import Usage
from twilio_orm.schema.number_fields import Flag
from twilio_orm.schema.time_fields import Time


def fields(call: Call, number: IncomingPhoneNumber, usage: UsageRecord, recording: Recording) -> None:
    assert_type(call.sid, str | None)
    assert_type(call.account_sid, str | None)
    assert_type(call.start_time, datetime | None)
    assert_type(call.date_created, datetime | None)
    assert_type(call.duration, int | None)
    assert_type(call.price, Decimal | None)
    assert_type(number.beta, bool | None)
    assert_type(number.voice_url, str | None)
    assert_type(number.capabilities, Any | None)
    assert_type(usage.start_date, date | None)
    assert_type(recording.formats, dict[str, str])
    assert_type(Call.start_time, Time)
    assert_type(IncomingPhoneNumber.beta, Flag)


def query_sets(connection: Connection) -> None:
    calls = Call.filter(status="completed").exclude(to="+1").order_by("-start_time")
    assert_type(calls, CallQuerySet[Call])
    assert_type(calls.offline(partial=True).using(connection).prefetch("recordings"), CallQuerySet[Call])
    assert_type(calls[:3], CallQuerySet[Call])
    assert_type(calls[0], Call)
    assert_type(list(calls), list[Call])
    assert_type(calls.first(), Call | None)
    assert_type(calls.get("CA"), Call)
    assert_type(calls.get_or_none(), Call | None)
    assert_type(calls.count(), int)
    assert_type(calls.exists(), bool)
    assert_type(calls.diff(), LiveDiff)
    assert_type(calls.plan_update(status="completed"), WritePlan)
    assert_type(calls.delete(confirm=True).undo(), WritePlan)
    assert_type(calls.sync(), Report)
    assert_type(calls.values("sid"), Values[dict[str, Any]])
    assert_type(calls.values("start_time__date", tz="Europe/Berlin").distinct(), Values[dict[str, Any]])
    assert_type(calls.values("status").annotate(n=Count(), cost=Sum("price")).order_by("-n")[:3], Groups[dict[str, Any]])
    assert_type(calls.values("status").annotate(n=Count()).filter(n__gt=3)[0], dict[str, Any])
    assert_type(calls.values("sid")[0], dict[str, Any])
    assert_type(calls.aggregate(Max("duration"), n=Count("to", distinct=True)), dict[str, Any])
    assert_type(calls.filter(Q(to="+1") | ~Q(from_="+1"), date_updated__gt=F("date_created")), CallQuerySet[Call])
    assert_type(Q(a=1) & Q(b=2), Q)
    assert_type(Call.exclude(Q(to="+1")), CallQuerySet[Call])
    assert_type(Call.get(Q(to="+1")), Call)
    assert_type(Call.get_or_none("CA", Q(to="+1")), Call | None)
    assert_type(Call.involving("+1").reverse().distinct(), CallQuerySet[Call])
    assert_type(calls.last(), Call | None)
    assert_type(calls.in_bulk(["CA"]), dict[str, Call])
    assert_type(calls.iterator(chunk_size=10), Iterator[Call])
    assert_type(Amounts({}).only, Decimal | None)
    assert_type(Amounts({}).to_dict(), dict[str, Decimal])
    assert_type(sum([Amounts({})], Amounts({})), Amounts)
    assert_type(f"{Amounts({}):.2f}", str)
    assert_type(calls.to_csv("calls.csv", columns=["sid"], tz="Europe/Berlin"), int)
    assert_type(calls.values("sid").to_ndjson("-"), int)
    assert_type(calls.values("status").annotate(n=Count()).to_records(), list[dict[str, Any]])
    assert_type(calls.to_parquet("calls.parquet", decimals="text"), int)
    assert_type(calls.create(to="+1"), Call)
    assert_type(Call.get("CA"), Call)
    assert_type(Call.get_or_create(to="+1"), tuple[Call, bool])
    assert_type(Message.create(to="+1", body="hi"), Message)
    assert_type(Key.create("laptop"), Key)
    assert_type(Balance.get(), Balance)
    assert_type(UsageRecord.daily, Usage)
    assert_type(UsageRecord.daily.between("2026-06-01", date(2026, 6, 2)).first(), UsageRecord | None)
    assert_type(IncomingPhoneNumber.get_number("+1"), IncomingPhoneNumber | None)
    assert_type(twilio_orm.OutgoingCallerId.validate("+1"), ValidationRequest)
    assert_type(twilio_orm.get("CA"), Resource)


def relations(account: Account, call: Call, recording: Recording, room: Conference, queue: Queue) -> None:
    assert_type(call.recordings, RecordingQuerySet[Recording])
    assert_type(recording.call, CallQuerySet[Call])
    assert_type(recording.call.get(), Call)
    assert_type(recording.transcriptions, TranscriptionQuerySet[Transcription])
    assert_type(call.account, AccountQuerySet[Account])
    assert_type(account.messages, MessageQuerySet[Message])
    assert_type(account.balance.get(), Balance)
    assert_type(room.participants, Participants)
    assert_type(room.participants.labelled("anna"), Participant)
    assert_type(queue.members, Members)
    assert_type(queue.members.front(), Member)
    assert_type(queue.members.front().dequeue("https://example.com"), Member)
    assert_type(list(queue.members), list[Member])


def verbs(call: Call, message: Message, recording: Recording, number: IncomingPhoneNumber) -> None:
    assert_type(call.hangup(), Call)
    assert_type(call.redirect(twiml="<Response/>"), Call)
    assert_type(call.update(status="completed"), Call)
    assert_type(call.save(), Call)
    assert_type(call.refresh(), Call)
    assert_type(message.redact(), Message)
    assert_type(recording.pause(), Recording)
    assert_type(number.transfer("AC"), IncomingPhoneNumber)
    assert_type(call.streams.create("wss://example.com").stop(), twilio_orm.Stream)


def computed(call: Call, message: Message, number: IncomingPhoneNumber) -> None:
    """Fields that are computed from others have the types of their values."""
    assert_type(call.to_country, str | None)
    assert_type(call.our_number, str | None)
    assert_type(call.billed_minutes, int | None)
    assert_type(message.error_text, str | None)
    assert_type(number.country, str | None)


def class_methods(when: datetime) -> None:
    """The class has the methods of its query sets."""
    assert_type(Call.objects, CallQuerySet[Call])
    assert_type(Call.objects.filter(status="busy").first(), Call | None)
    assert_type(Call.order_by("-start_time").first(), Call | None)
    assert_type(Call.at(when), CallQuerySet[Call])
    assert_type(Call.first(), Call | None)
    assert_type(Call.count(), int)
    assert_type(Call.exists(), bool)
    assert_type(Call.in_bulk(["CA"]), dict[str, Call])
    assert_type(Call.values("sid"), Values[dict[str, Any]])
    assert_type(Call.iterator(), Iterator[Call])
    assert_type(Call.only("sid").defer("sid").latest(), Call)
    assert_type(list(Call.dates("start_time", "day")), list[date])
    assert_type(Call.datetimes("start_time", "hour").first(), datetime | None)
    assert_type(Call.all() | Call.none(), CallQuerySet[Call])
    assert_type(Participant.objects, ParticipantQuerySet[Participant])


async def asynchronous(call: Call, calls: QuerySet[Call]) -> None:
    """The asynchronous methods have the parameters and the results of the others."""
    assert_type(await calls.aget("CA"), Call)
    assert_type(await calls.afirst(), Call | None)
    assert_type(await calls.acount(), int)
    assert_type(await calls.alist(), list[Call])
    assert_type(await calls.aget_or_create({}, sid="CA"), tuple[Call, bool])
    assert_type(await Call.aget("CA"), Call)
    assert_type(await Call.acreate(to="+1", from_="+1"), Call)
    assert_type(await Call.objects.aupdate_or_create({}, sid="CA"), tuple[Call, bool])
    assert_type(await call.asave(), Call)
    assert_type(await call.aupdate(status="completed"), Call)
    assert_type(await call.adelete(), None)
    assert_type([one async for one in calls], list[Call])
    assert_type([one async for one in Call.aiterator(50)], list[Call])
