"""What goes to the Partnerships contact, in words and cells: the workbook, what changed, the covering letter."""

from pipeline.report.delivered.book import Delivered, delivered_workbook
from pipeline.report.delivered.changes import Changes, changes_text
from pipeline.report.delivered.letter import Cover, letter_subject, letter_text

__all__ = ["Changes", "Cover", "Delivered", "changes_text", "delivered_workbook", "letter_subject", "letter_text"]
