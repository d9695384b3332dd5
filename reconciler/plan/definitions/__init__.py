"""Planning the portal's own definitions: properties, groups, pipelines, schemas, association labels."""
