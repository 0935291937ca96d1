"""Queues for people, drafted from what curate selects."""
