SELECT regexp_matches('', $text)
