"""Files of any question: what a page shows, as CSV, as a workbook or as JSON."""
