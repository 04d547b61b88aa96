"""EPCIS events and the links between what went in and what came out."""
