"""What is asked over many threads, comments or days at once: the audit trail, investigations, threads side by side.

May enter: selects that bound what they look at by themselves. May not: what one page of the queue asks.
"""
