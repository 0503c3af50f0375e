"""Outside checks: services of others that a site has its comments checked by. Off until a site sets one up and its
policy asks for it.

Here is what they are asked and how their answers are read. Everything sent leaves the house: no IP address, and no
e-mail address unless the site says so. All of it runs in the slow lane.

May enter: a client a service. May not: what its answer weighs (`moderation_rules`).
"""
