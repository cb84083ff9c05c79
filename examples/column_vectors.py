"""3-4-1 with column vectors, sigmoid everywhere, no bias, squared error.

The question: what is the derivative of a vector by a matrix? Nobody needs it: with the error of a
layer known, its weights get the outer product of that error with the layer's input.
"""

import codegen
import derive

stack = derive.stack(
    "3,4,1",
    activations="sigmoid,sigmoid",
    loss="half-squared-error",
    bias="none",
    layout="column",
    single=True,
)
found = derive.gradients(stack)
for name in ("z2", "W2", "z1", "W1"):
    print(found[name])

error = r"W_2^T ((\hat{y} - y) \circ \hat{y} \circ (1 - \hat{y})) \circ H_1 \circ (1 - H_1)"
report = derive.check(stack, {"z1": error, "W1": f"({error}) x^T"})
print(report)
assert report.ok

module = codegen.load(codegen.emit(stack))
result = codegen.verify(module.gradients, stack)
print(result)
assert result.ok
