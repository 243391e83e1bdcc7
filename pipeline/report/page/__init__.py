"""The report as one page to open, print and pass on: `vitrina check FILE --html OUT.html`.

One file that asks nothing of anybody: style and script are inside, and a policy in it allows these two by their
digests and nothing else. It names the workbook by its file name alone.
"""

from pipeline.report.page.draw import report_page

__all__ = ["report_page"]
