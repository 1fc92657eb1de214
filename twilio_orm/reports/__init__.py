"""Reports about an account: what it costs, why messages fail, what belongs to one call. Offline unless ``live=True``.

Each function returns a :class:`Report`, a frozen value that prints itself and exports: ``print(reports.spend("2026-10"))``. It
aggregates in SQL by the public methods of query sets; it opens no file and sends nothing by itself.
"""

from .calls import dispositions, trace
from .costs import spend, usage
from .delivery import failures, funnel, top_errors
from .numbers import idle, timeline
from .optouts import opt_outs
from .reconciling import reconcile
from .report import Covered, Report, ReportColumn

__all__ = [
    "Covered",
    "Report",
    "ReportColumn",
    "dispositions",
    "failures",
    "funnel",
    "idle",
    "opt_outs",
    "reconcile",
    "spend",
    "timeline",
    "top_errors",
    "trace",
    "usage",
]
