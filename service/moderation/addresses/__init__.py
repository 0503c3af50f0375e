"""The address behind a comment: shown to somebody who says why, and disowned by whoever it belongs to.

May enter: what a person does with an address and the comment it came with. May not: keeping or opening it, which
`service.privacy.addresses` does.
"""
