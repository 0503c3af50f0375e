"""Where a comment is judged: facts, rules, policy, and every move of a comment's status, by machine or person.

May enter: what reads or moves a comment's status, and the verbs by which the desk and the command line change what
judges (policies, lists, classifiers, checks, bans, threads' modes). May not: HTTP to readers or moderators, and any
other way to change a status than `moves` (what a move means) and `record` (the one transaction that writes it). The
rooms inside:

    jobs        many comments at once: rehearsals, repairs, and their reports
    judging     the worker: reads the stream, judges, writes, makes dead letters of what cannot be judged
    network     what has to be asked of others, in the slow lane: mail domains, outside checks
    facts       what is known about the comments of a batch, in one set of queries
    learning    the site's own classifier: samples, training by night, which one is in force
    near_copies copies decided as one, and those to come
    editorial   what editors do in public: answers, cuts, marks, messages, banners
    writers     marks and strikes of a writer, and what a measure would meet
    saved_views a moderator's own queries of the queue
    set_aside   comments that leave the common list for a while, for a person or for an answer
    holds       what a move does to that, and the reason that goes with every hold
    policies    a site's policy and word lists in versions, compiled for judging
    outbox      what the fast path lost: the sweep, the rebuild
    watchdog    rules that don't come back
"""
