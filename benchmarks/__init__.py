"""Side-by-side runs of Vitrina and what a person would write by hand: `python -m benchmarks.run` writes results.md."""
