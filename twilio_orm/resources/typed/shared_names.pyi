"""The names of parts of fields, and of fields of related records. Written by ``make stubs``."""

from typing import Literal, TypeAlias

AsOfName: TypeAlias = Literal[
    "as_of",
    "as_of__date",
    "as_of__year",
    "as_of__month",
    "as_of__day",
    "as_of__week_day",
    "as_of__hour",
]
DateCompletedName: TypeAlias = Literal[
    "date_completed",
    "date_completed__date",
    "date_completed__year",
    "date_completed__month",
    "date_completed__day",
    "date_completed__week_day",
    "date_completed__hour",
]
DateCreatedName: TypeAlias = Literal[
    "date_created",
    "date_created__date",
    "date_created__year",
    "date_created__month",
    "date_created__day",
    "date_created__week_day",
    "date_created__hour",
]
DateEnqueuedName: TypeAlias = Literal[
    "date_enqueued",
    "date_enqueued__date",
    "date_enqueued__year",
    "date_enqueued__month",
    "date_enqueued__day",
    "date_enqueued__week_day",
    "date_enqueued__hour",
]
DateFiredName: TypeAlias = Literal[
    "date_fired",
    "date_fired__date",
    "date_fired__year",
    "date_fired__month",
    "date_fired__day",
    "date_fired__week_day",
    "date_fired__hour",
]
DateSentName: TypeAlias = Literal[
    "date_sent",
    "date_sent__date",
    "date_sent__year",
    "date_sent__month",
    "date_sent__day",
    "date_sent__week_day",
    "date_sent__hour",
]
DateUpdatedName: TypeAlias = Literal[
    "date_updated",
    "date_updated__date",
    "date_updated__year",
    "date_updated__month",
    "date_updated__day",
    "date_updated__week_day",
    "date_updated__hour",
]
EndDateName: TypeAlias = Literal[
    "end_date",
    "end_date__date",
    "end_date__year",
    "end_date__month",
    "end_date__day",
    "end_date__week_day",
]
EndTimeName: TypeAlias = Literal[
    "end_time",
    "end_time__date",
    "end_time__year",
    "end_time__month",
    "end_time__day",
    "end_time__week_day",
    "end_time__hour",
]
MessageDateName: TypeAlias = Literal[
    "message_date",
    "message_date__date",
    "message_date__year",
    "message_date__month",
    "message_date__day",
    "message_date__week_day",
    "message_date__hour",
]
StartDateName: TypeAlias = Literal[
    "start_date",
    "start_date__date",
    "start_date__year",
    "start_date__month",
    "start_date__day",
    "start_date__week_day",
]
StartTimeName: TypeAlias = Literal[
    "start_time",
    "start_time__date",
    "start_time__year",
    "start_time__month",
    "start_time__day",
    "start_time__week_day",
    "start_time__hour",
]
