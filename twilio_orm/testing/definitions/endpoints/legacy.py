"""What left the documentation and still answered some accounts: feedback on calls."""

from __future__ import annotations

from ..endpoint import View

_FEEDBACK = """
    QualityScore!:1|2|3|4|5 Issue*:audio-latency|digits-not-captured|dropped-call|imperfect-audio|incorrect-caller-id|\
one-way-audio|post-dial-delay|unsolicited-call
"""

VIEWS = (
    View(
        path="Calls/{call_sid}/Feedback", ops="FCUD", shelf="call_feedback", identity="call_sid", single=True, legacy=True,
        hidden="call_sid",
        fields="account_sid date_created@ date_updated@ issues quality_score# sid",
        create=_FEEDBACK, update=_FEEDBACK,
        defaults={"issues": [], "quality_score": 5},
    ),
    View(
        path="Calls/FeedbackSummary", ops="FCD", shelf="feedback_summaries", prefix="FS", legacy=True,
        fields="""
            account_sid call_count# call_feedback_count# date_created@ date_updated@ end_date include_subaccounts issues
            quality_score_average quality_score_median quality_score_standard_deviation sid start_date status
        """,
        create="StartDate!:date EndDate!:date IncludeSubaccounts:bool StatusCallback StatusCallbackMethod:method",
        defaults={"include_subaccounts": False, "issues": [], "status": "queued"},
    ),
)  # fmt: skip
