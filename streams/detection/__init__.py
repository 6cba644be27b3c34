"""The steps of detecting, each a pure function: fold, scan, phrases, clauses, frames, status, merge."""
