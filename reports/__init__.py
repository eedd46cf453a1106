"""Tables and figures: a frame in, a table or a figure out."""
