-- Over all rows, so that what a filter keeps is drawn on the axes of the whole.
SELECT
    min("{x}")::DOUBLE AS x_low,
    max("{x}")::DOUBLE AS x_high,
    min("{y}")::DOUBLE AS y_low,
    max("{y}")::DOUBLE AS y_high
FROM sig.signals
