"""What the jury does to a contest, and what it reads to decide: rejudgings, verdicts by hand, acts on submissions."""
