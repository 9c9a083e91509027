"""The record: an append-only log, its hash chain, the ledger folded from it, exports that can be checked."""
