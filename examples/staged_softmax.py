"""2-500-2: tanh, softmax, the log as a stage of its own, the mean over N samples.

The question: how do dl = -y/N and d yhat = dl / yhat become dz2, when the derivative of a softmax
is a matrix? Each output depends on every z of its sample, so the chain adds over the outputs, and
what is left is (yhat - y) / N: as many numbers as z2 has.
"""

import codegen
import derive

stack = derive.stack(
    "2,500,2", activations="tanh,softmax", bias="separate", reduction="mean", staged=True
)
found = derive.gradients(stack)
for name in ("l", "yhat", "z2", *stack.parameters):
    print(found[name])

report = derive.check(
    stack,
    {
        "l": "-y / N",
        "yhat": "1 / yhat",
        "z2": "(yhat - y) / N",
        "W2": "H1^T (yhat - y) / N",
    },
)
print(report)
assert [claim.verdict for claim in report.claims] == ["proved", "refuted", "proved", "proved"]
assert derive.check(stack, {"yhat": "-y / N / yhat"}).ok

module = codegen.load(codegen.emit(stack))
result = codegen.verify(module.gradients, stack)
print(result)
assert result.ok
