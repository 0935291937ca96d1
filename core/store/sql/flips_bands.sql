SELECT
    live.band("{suspicion}", "{ambiguity}", $contested, $unsure, $likely, $unlikely) AS band,
    count(*) AS n
FROM sig.signals
WHERE "{suspicion}" IS NOT NULL AND TRUE /* filter */
GROUP BY band
