"""One file a rule: the check, its default score, what to do when it can't run, and examples that it catches and passes.

Nothing may enter that fetches anything: a rule gets what the reader typed and the facts, and says what it saw.
"""
