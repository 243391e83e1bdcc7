"""The words both journeys speak: what a product is, what may be wrong with it, what stops work.

Imports nothing else of ours.
"""
