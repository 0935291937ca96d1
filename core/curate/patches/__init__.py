"""Label patches: who changed which label, by content hash, without a text."""
