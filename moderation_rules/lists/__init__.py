"""Word lists: their file format, and those that the package ships.

`shipped` is the one module of the library that reads files.

May enter: the format, and the files that are shipped. May not: finding the words in a text (`matching`).
"""
