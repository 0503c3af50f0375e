"""What stands above and in the form under a site's articles: the newsroom's words, and what is asked."""
