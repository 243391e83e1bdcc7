"""What we may publish and have published: cost of credit, plans, rendered listings, releases, targets."""
