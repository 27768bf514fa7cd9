"""State as arrays, laws as functions on arrays: no clock, no file, no label.

Every law of the model stands here as a function that five lines of arrays can test.
"""
