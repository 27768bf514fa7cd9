"""Report: findings in sentences, charts, and the pages that hold them."""

from simulator.report.findings import findings, summary
from simulator.report.page import write_page

__all__ = ["findings", "summary", "write_page"]
