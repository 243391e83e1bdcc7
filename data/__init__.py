"""Committed examples and dated reference tables; run-time state lives in VITRINA_HOME."""
