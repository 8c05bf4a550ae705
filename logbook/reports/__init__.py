"""Reports: statistics and summaries over the index, as ``reports.yaml`` defines them."""
