"""Numbers to signals per pair: pure numpy, one family of formulas per file."""
