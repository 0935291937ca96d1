"""Responses to numbers; a scorer gets a plan and yields batches."""
