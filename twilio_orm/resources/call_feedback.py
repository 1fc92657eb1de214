"""Feedback about calls: endpoints that Twilio's documents do not contain any more, and may still serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..orm.relations import One
from ..schema.number_fields import Number, Whole
from ..schema.parameters import Parameters
from ..schema.text_fields import Json, Sid, Text
from .common import Dated, typed

if TYPE_CHECKING:
    from .calls import Call

LEGACY = "Twilio's documents do not contain call feedback any more; the endpoint may not exist"


class CallFeedback(typed.CallFeedback, Dated):
    """The quality of a call, 1 to 5, and its issues. A former endpoint, which Twilio may still serve."""

    call_sid = Sid("CA", refers="call", from_request=True, primary_key=True)
    sid = Text()
    quality_score = Whole(write=True)
    issues = Json()

    call: One[Call] = One("Call", by="call_sid")

    class Meta:
        path = "Calls/{call_sid}/Feedback"
        key = ("call_sid",)
        keyed = mirrored = False
        singleton = True
        legacy = LEGACY
        shows = ("quality_score",)
        creates = Parameters("quality_score", several="issue")
        updates = Parameters("quality_score", several="issue")
        deletable = True


class FeedbackSummary(typed.FeedbackSummary, Dated):
    """A summary of the feedback about the calls of some days. A former endpoint, which Twilio may still serve."""

    sid = Sid("FS", primary_key=True)
    status = Text()
    start_date = Text()
    end_date = Text()
    include_subaccounts = Json()
    call_count = Whole()
    call_feedback_count = Whole()
    quality_score_average = Number()
    quality_score_median = Number()
    quality_score_standard_deviation = Number()
    issues = Json()

    class Meta:
        path = "Calls/FeedbackSummary"
        mirrored = lists = False
        legacy = LEGACY
        shows = ("status",)
        creates = Parameters(
            "start_date end_date",
            day="start_date end_date",
            flag="include_subaccounts",
            url="status_callback",
            method="status_callback_method",
        )
        deletable = True
