"""Jinja2 templates (es, en) of listing card, detail page, site, findings and letters; loaded by package."""
