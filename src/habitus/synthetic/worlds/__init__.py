"""Whole made re-ID worlds: who appears where, written in the layouts of the real sets or made on the fly."""
