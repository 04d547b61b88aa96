"""Raw signals become episodes: each step reads on from its mark, corrects what the new data touches, and tells it.

What is written is a function of the raw data alone: any order, repetition and delay ends in the same episodes.
"""

from longshore.sensing.operations.interpreting.again import Difference, interpret_again
from longshore.sensing.operations.interpreting.excursing import Memory
from longshore.sensing.operations.interpreting.steps import Interpreted, interpret

__all__ = ["Difference", "Interpreted", "Memory", "interpret", "interpret_again"]
