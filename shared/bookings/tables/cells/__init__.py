"""Cells as people write them: each parser reads what has one meaning and asks back anything else."""
