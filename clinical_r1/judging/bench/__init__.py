"""The planted-truth bench: responses of which it is known what a judge should find in them."""
