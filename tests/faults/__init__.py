"""Kills, locks and damage: what was there before stays, what was acknowledged is there."""
