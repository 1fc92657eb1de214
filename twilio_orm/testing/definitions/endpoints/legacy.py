"""Endpoints that left the documentation and that some accounts could still use: feedback on calls."""

from __future__ import annotations

from ..endpoint import Endpoint

_FEEDBACK = """
    QualityScore!:1|2|3|4|5 Issue*:audio-latency|digits-not-captured|dropped-call|imperfect-audio|incorrect-caller-id|\
one-way-audio|post-dial-delay|unsolicited-call
"""

ENDPOINTS = (
    Endpoint(
        path="Calls/{call_sid}/Feedback", ops="FCUD", table="call_feedback", id_field="call_sid", singleton=True, legacy=True,
        hidden="call_sid",
        fields="account_sid date_created@ date_updated@ issues quality_score# sid",
        create=_FEEDBACK, update=_FEEDBACK,
        defaults={"issues": [], "quality_score": 5},
    ),
    Endpoint(
        path="Calls/FeedbackSummary", ops="FCD", table="feedback_summaries", sid_prefix="FS", legacy=True,
        fields="""
            account_sid call_count# call_feedback_count# date_created@ date_updated@ end_date include_subaccounts issues
            quality_score_average quality_score_median quality_score_standard_deviation sid start_date status
        """,
        create="StartDate!:date EndDate!:date IncludeSubaccounts:bool StatusCallback StatusCallbackMethod:method",
        defaults={"include_subaccounts": False, "issues": [], "status": "queued"},
    ),
)  # fmt: skip
