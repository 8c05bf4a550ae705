"""Pure values and rules: no click, Git, YAML, file system or machine clock in here."""
