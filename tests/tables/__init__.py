"""Tables of strings that settle what the grammar and the extractor must say."""
