"""Relabelling: queues, blind showings, votes and what they make; `log` alone knows its database."""
