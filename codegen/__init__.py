"""codegen: the numeric half."""
