"""The reports of a comparison and of a study: tables, figures and the page, made from data frames."""
