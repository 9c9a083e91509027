"""PURE: the ledger, the thresholds and the case in; the next step and its dates out."""
