"""What words mean by what stands around them: whose home an address is, which sense of a word, who says a phrase.

May enter: what stands around a word. May not: finding the words, and what they weigh.
"""
