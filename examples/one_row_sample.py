"""One hidden layer, separate biases, a single row as sample: x W1 + b1, h W2 + b2.

The question: (yhat - y) W2^T ∘ h ∘ (1 - h) is 1×H, so what is missing to reach dJ/dW1? It is the
derivative by z1; the weights get the outer product of x with it.
"""

import codegen
import derive

stack = derive.stack("5,4,3", bias="separate", single=True)
found = derive.gradients(stack)
for name in ("z2", "z1", *stack.parameters):
    print(found[name])

error = r"(\hat{y} - y) W_2^T \circ H_1 \circ (1 - H_1)"
report = derive.check(stack, {"z1": error, "W1": error})
print(report)
assert [claim.verdict for claim in report.claims] == ["proved", "ill-shaped"]
assert derive.check(stack, {"W1": f"x^T ({error})", "b1": error}).ok

module = codegen.load(codegen.emit(stack))
result = codegen.verify(module.gradients, stack)
print(result)
assert result.ok
