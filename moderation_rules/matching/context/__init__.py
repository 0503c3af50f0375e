"""What words mean by what stands around them: whose home an address is, which sense of a word, who says a phrase.

May not enter: finding the words, and what they weigh.
"""
