SELECT DISTINCT source, split FROM sig.signals
