"""One file a rule: title, options, check, default score, what to do when it can't run, examples it catches and passes.

Nothing may enter that fetches anything: a rule gets what the reader typed and the facts, and says what it saw.
"""
