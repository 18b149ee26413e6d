"""The words that two rooms speak. Values only: nothing here reads, writes or asks for the time."""
