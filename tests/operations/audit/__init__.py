"""The audit, rule by rule: a tampering that is found, an honest case that is not."""
