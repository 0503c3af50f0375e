"""One-machine mode: a data folder, the embedded Valkey, and a supervisor that runs everything in the right order.

Nothing here knows HTTP or a rule. What may enter: starting, watching and stopping processes, and the files
they share. A child is always an exec'd program under the guard, so that no way of dying leaves one behind.
"""
