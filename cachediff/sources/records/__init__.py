"""Spack's own files as snapshots: databases of build caches and sites, and lock files."""
