"""The comment on a pull request: one for each comparison, refreshed in place.

It is given markdown, and does not make any.
"""
