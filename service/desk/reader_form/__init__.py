"""What stands above and in the form under a site's articles: the newsroom's words, and what is asked.

May enter: fields of what stands there. May not: what readers may do (`site.settings`).
"""
