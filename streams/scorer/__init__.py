"""The scorer: folds the log into the rows of every open generation, for both audiences, with marks to prove them."""
