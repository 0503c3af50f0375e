"""What is looked for in a text, and how: listed words and their disguises, links, contact data, scripts.

May enter: finders that take a reading and return spans. May not: what a finding weighs, which is the rule's and the
policy's to say.
"""
