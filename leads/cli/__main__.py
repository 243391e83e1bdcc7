"""`python -m leads.cli`."""

from leads.cli import main

main()
