"""Timings, as ratios against something in the same run; run by hand, see docs/benchmarks.md."""
