"""Purchase orders as EDI documents: ANSI X12 850, 855, 856 and EDIFACT ORDERS, ORDRSP, DESADV. No database."""
