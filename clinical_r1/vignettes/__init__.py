"""Two dozen invented questions in the layouts of MedQA, MedMCQA and MedXpertQA (see README.md)."""
