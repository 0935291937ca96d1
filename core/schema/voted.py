"""The columns in which the votes of the log come to the store."""

from __future__ import annotations

import pyarrow as pa

VERDICTS = (
    "keep",
    "reversed",
    "winner",
    "tie",
    "both_bad",
    "cannot_judge",
    "contested",
    "unresolved",
)
"""What the votes can say of a row's label; "winner" of a row that is a tie."""

VOTED_COLUMNS = pa.schema(
    [
        pa.field("pair_id", pa.int64(), nullable=False),
        pa.field("annotator", pa.string(), nullable=False),
        pa.field("winner_id", pa.int64()),
        pa.field("tie_kind", pa.string()),
        pa.field("strength", pa.int32()),
        pa.field("voted_at", pa.timestamp("us"), nullable=False),
        pa.field("seconds", pa.float64()),
        pa.field("tags", pa.string(), nullable=False),
        pa.field("rationale", pa.string(), nullable=False),
        pa.field("queue", pa.string(), nullable=False),
        pa.field("late", pa.bool_(), nullable=False),
    ]
)
"""A vote on a pair's label: `voted_at` in UTC, `tags` joined by commas, `late` is not counted."""

VERDICT_COLUMNS = pa.schema(
    [
        pa.field("pair_id", pa.int64(), nullable=False),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("winner_id", pa.int64()),
        pa.field("share", pa.float64()),
        pa.field("n_votes", pa.int32(), nullable=False),
        pa.field("source_of", pa.string(), nullable=False),
    ]
)
"""What the votes on a pair come to: `share` of the votes agree with it."""
