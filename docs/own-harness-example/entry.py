"""Asks a model for each masked function once and puts the answer in its place."""

import ast
import os
import re
import sys
from textwrap import dedent, indent

sys.path.insert(0, os.environ["REXLAB_KIT"])
from rexlab_kit.chat import Chat
from rexlab_kit.contract import Contract

contract, chat = Contract.read(), Chat.from_environment()
for function in contract.variant.functions:
    path, where = contract.workspace / function.path, f"Function: {function.qualname}\nFile: {function.path}"
    request = f"{contract.prompt}\n{path.read_text()}\n{where}\nAnswer with this function alone, in a ```python block."
    answer = re.search(r"```python\n(.*?)\n```", chat.complete([{"role": "user", "content": request}]).text, re.DOTALL)
    defs = [n for n in ast.walk(ast.parse(path.read_text())) if f"masked: {function.qualname}'" in ast.unparse(n)]
    stub, lines = [n for n in defs if isinstance(n, ast.FunctionDef)][-1], path.read_text().splitlines()
    first = min(node.lineno for node in [stub, *stub.decorator_list])
    if answer:
        lines[first - 1 : stub.end_lineno] = [indent(dedent(answer[1]), " " * stub.col_offset)]
        path.write_text("\n".join(lines) + "\n")
