"""What a newsroom chooses for its readers: the form's limits, replies, votes. An API and a page over the same fields.

May enter: fields of `SiteSettings` that readers notice. What decides about comments is the policy's.
"""
