"""From a set of logs to the tables that a report shows: every number with its n, its interval and its method.

Tables are frames; their columns are named in the docstring of the function that makes them. `results.analyse` makes
all of them.
"""
