"""Rules, matching, delivery and the page: what analysts ask for and get."""
