"""Copies of a user's workbook: its own parts changed in place, or a new .xlsx of what was read.

`members` packs the parts, `parts` knows how they name one another, `tags` edits XML by its bytes, `cells` and `styles`
change a sheet's cells and their looks; `anew` writes kinds whose own files are not changed.
"""
