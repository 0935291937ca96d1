SELECT row_id FROM data.pairs
WHERE
    ($prompt AND prompt_id IN (SELECT id FROM found WHERE in_prompt))
    OR ($chosen AND chosen_id IN (SELECT id FROM found WHERE NOT in_prompt))
    OR ($rejected AND rejected_id IN (SELECT id FROM found WHERE NOT in_prompt))
