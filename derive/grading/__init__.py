"""Grading: many submissions of one exercise, each in its own notation, against one key.

    submissions --said--> claims --ways, judging--> evidence --rubric--> grades --feedback--> files

A submission is judged in a process of its own (`workers`); the rest is plain data.
"""
