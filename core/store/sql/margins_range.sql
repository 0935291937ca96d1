SELECT
    min("{signal}")::DOUBLE AS low,
    max("{signal}")::DOUBLE AS high,
    count("{signal}") AS known,
    count(*) AS total
FROM sig.signals
WHERE TRUE /* filter */
