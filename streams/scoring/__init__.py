"""The pure core: a fold over the log and its projections. Imports the standard library only."""
