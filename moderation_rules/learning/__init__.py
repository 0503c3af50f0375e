"""The site's own classifier: hashed n-grams with a linear model, trained on moderators' decisions, kept as data.

Judging needs nothing but the standard library; training needs scikit-learn (extra `[learn]`).
"""
