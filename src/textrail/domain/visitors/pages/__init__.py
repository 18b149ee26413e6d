"""The pages of sites and channels."""
