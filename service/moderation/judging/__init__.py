"""The worker's own work: a batch from the stream becomes moves, and the moves are written and acknowledged.

May enter: what runs between the stream and the commit. May not: queries for facts (`facts`), calls to anybody outside
(`network`), what a move means (`moves`).
"""
