"""The journey of a workbook: read, map, validate, report, submit, publish."""
