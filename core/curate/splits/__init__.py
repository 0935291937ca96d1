"""Splits: what was asked for, what links prompts, what crosses, what evaluations ask."""
