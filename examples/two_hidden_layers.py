"""784-100-10-10: two sigmoid layers and a softmax, the bias inside the weights ([1 H]).

The question: why do the factors of dL/dW2 not multiply? The formula that was found at last,
[1 H1]^T (yhat - y) W3^T H2 (1 - H2), has no shape. The checker says where it breaks, and the
gradient is 101×10, the shape of W2.
"""

import codegen
import derive

stack = derive.stack("784,100,10,10", reduction="sum")
found = derive.gradients(stack)
for name in stack.parameters:
    print(found[name])

report = derive.check(
    stack,
    {
        "z3": r"\hat{y} - y",
        "W3": r"[1\ H_2]^T (\hat{y} - y)",
        "W2": r"[1\ H_1]^T(\hat{y}-y)W_3^TH_2(1-H_2)",
    },
)
print(report)
assert [claim.verdict for claim in report.claims] == ["proved", "proved", "ill-shaped"]

right = r"[1\ H_1]^T((\hat{y}-y)W_3[1:]^T \circ H_2 \circ (1-H_2))"
assert derive.check(stack, {"W2": right}).ok

module = codegen.load(codegen.emit(stack))
print(codegen.verify(module.gradients, stack))
