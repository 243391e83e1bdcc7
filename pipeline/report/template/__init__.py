"""The blank workbook a product team fills in, generated from the requirements. The same call gives the same bytes."""

from pipeline.report.template.book import template_workbook
from pipeline.report.template.layout import Group, grouped

__all__ = ["Group", "grouped", "template_workbook"]
