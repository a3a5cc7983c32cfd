"""How fast cachediff is, next to what else there is, on snapshots whose differences are known beforehand."""
