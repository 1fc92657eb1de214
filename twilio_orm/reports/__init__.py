"""Reports about an account: what it costs, why messages fail, what belongs to one call. Offline unless ``live=True``.

Each function returns a :class:`Report`, a frozen value that prints itself and exports: ``print(reports.spend("2026-10"))``. It
aggregates in SQL by the public methods of query sets; it opens no file and sends nothing by itself.
"""

from .costs import spend, usage
from .delivery import failures, funnel, top_errors
from .report import Covered, Report, ReportColumn

__all__ = ["Covered", "Report", "ReportColumn", "failures", "funnel", "spend", "top_errors", "usage"]
