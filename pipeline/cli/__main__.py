"""`python -m pipeline.cli` is `vitrina`."""

from pipeline.cli import main

main()
