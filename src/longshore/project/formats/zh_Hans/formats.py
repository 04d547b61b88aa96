"""Chinese ledgers group by three digits with a comma (GB/T 15835); Django writes them without any grouping."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
