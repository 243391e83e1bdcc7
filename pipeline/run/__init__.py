"""The only place that orders the steps of a workbook's journey: check, preview, submit, publish, sync.

Callers import the module whose step they need: `checking` touches no state and loads no database.
"""
