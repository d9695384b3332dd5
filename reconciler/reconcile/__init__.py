"""The corridor: the only room that knows the order of the others. A verb a module: sequence, no knowledge."""
