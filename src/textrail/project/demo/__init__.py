"""The demo: a few weeks of a business, made by running the product through its doors."""
