-- One row of $every, the same ones each time, whatever order the rows were imported in.
SELECT *
FROM sig.signals
WHERE $every = 1 OR hash(row_id) % $every = 0
