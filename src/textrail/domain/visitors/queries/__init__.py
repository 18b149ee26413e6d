"""Looking at visits."""
