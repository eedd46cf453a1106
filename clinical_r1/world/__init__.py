"""The small world: invented diseases, readable cases, a biased teacher and a tiny student.

In it the whole story of a clinical-reasoning study can be seen in minutes on a laptop, and the truth about every case
is known. Nothing in it is medicine.
"""
