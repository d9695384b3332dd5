"""Reading a portal: account, definitions, owners, users and scopes."""
