SELECT judged.verdict, verdicts.share, verdicts.n_votes, verdicts.source_of
FROM live.judged_rows AS judged
INNER JOIN data.pairs ON judged.row_id = pairs.row_id
INNER JOIN live.verdicts ON pairs.pair_id = verdicts.pair_id
WHERE judged.row_id = $row_id
