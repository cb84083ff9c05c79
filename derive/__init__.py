"""derive: checks backpropagation derivations."""
