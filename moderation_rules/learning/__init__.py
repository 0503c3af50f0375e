"""The site's own classifier: hashed n-grams with a linear model, trained on moderators' decisions, kept as data.

Judging needs nothing but the standard library; training needs scikit-learn (extra `[learn]`).

May enter: what a model is, trains or says. May not: files, which sites may use it.
"""
