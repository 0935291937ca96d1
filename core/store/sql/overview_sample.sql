-- A fixed sample of about $share of a margin, spread over the rows by a multiplicative hash.
SELECT source, "{signal}"::DOUBLE AS margin
FROM sig.signals
WHERE "{signal}" IS NOT NULL AND (row_id * 2654435761) % 1000003 < $share::DOUBLE * 1000003
ORDER BY row_id
