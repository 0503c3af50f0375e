"""The site's own classifier: samples from what people decided, training by night, and which classifier is in force.

May enter: what turns decisions into a `ClassifierVersion` row. May not: judging with it (`policies` loads it, a rule
asks it), and scikit-learn in a process that judges: training runs in a process of its own.
"""
