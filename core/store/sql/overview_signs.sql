SELECT
    count("{signal}") AS known,
    count(*) FILTER (WHERE "{signal}" > 0) AS positive,
    count(*) FILTER (WHERE "{signal}" < 0) AS negative,
    count(*) FILTER (WHERE "{signal}" = 0) AS zero
FROM sig.signals
WHERE TRUE /* filter */
