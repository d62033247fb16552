"""Measurements that are run by hand; `docs/performance.md` shows their figures.

atlas      `python -m benchmarks.atlas`: load, refresh and record
measuring  runs by the clock, memory, waits, and figures beside their goals
company    the organization that is measured: of any size, always in the same proportions
"""
