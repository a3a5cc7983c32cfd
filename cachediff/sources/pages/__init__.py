"""Snapshots that are directories of pages."""
