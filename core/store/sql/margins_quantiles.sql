SELECT quantile_cont("{signal}"::DOUBLE, $shares) AS quantiles
FROM sig.signals
WHERE TRUE /* filter */
