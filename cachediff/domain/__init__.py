"""The nouns of cachediff: frozen values that flow from reading to report, and know nothing of how they are made or shown."""
