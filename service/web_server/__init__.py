"""What stands between the web server (granian) and the application: bodies, host names, the loop, the metrics' port.

May enter: requests as they came. May not: what a request means; that begins with the application's rooms.
"""
