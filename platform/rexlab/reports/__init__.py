"""Reports: from the store's trials to tables and figures, in the formats that papers and programs read."""
