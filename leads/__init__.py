"""The other journey: from an embedded-flow request to a delivered postback. Never reaches for spreadsheets."""
