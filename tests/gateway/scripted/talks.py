"""Requests as the real programs send them, cut down to what the scripted model goes by.

Taken from what aider 0.86.2, mini-swe-agent 2.4.6, OpenHands' SDK 1.58.2 and Claude Code 2.1.332 sent.
"""

from typing import Any

from rexlab.gateway.contract import Script
from rexlab.gateway.scripted.behaviours import next_move
from rexlab.gateway.scripted.dialects.registry import choose_dialect
from rexlab.gateway.scripted.reading import read_talk
from rexlab.gateway.scripted.talk import Move

TASK = "Write it.\n  Command: `python experiments/run.py --seed {seed}`, with {seed} = 3, 4.\n"
COMMAND = "python experiments/run.py --seed 3"
FOLDER = "/workspace/repo"

AIDER_WHOLE = """Act as an expert software developer.
Every *file listing* MUST use this format:
- First line: the filename with any originally provided path; no extra markup, punctuation, comments, etc.
- Second line: opening {0}
- ... entire content of the file ...
- Final line: closing {1}
"""
AIDER_DIFF = """Every *SEARCH/REPLACE block* must use this format:
1. The *FULL* file path alone on a line, verbatim.
2. The opening fence and code language, eg: {0}python
3. The start of search block: <<<<<<< SEARCH
8. The closing fence: {1}
"""
MINI = "Submit with: `echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT`.\n"
MINI_TEXT = "Format your response as shown in\n\n```mswea_bash_command\nyour_command_here\n```\n"
REACT = "You are a research engineer working step by step in the code repository of a published paper.\n"
CLAUDE = f"You are a Claude agent, built on Anthropic's Claude Agent SDK.\n - Primary working directory: {FOLDER}\n"


def tool(name: str, description: str = "") -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}


def aider(system: str, files: dict[str, str], fence: tuple[str, str] = ("```", "```")) -> dict[str, Any]:
    shown = "".join(f"\n{path}\n{fence[0]}\n{text}{fence[1]}\n" for path, text in files.items())
    files_message = f"I have *added these files to the chat*.\n{shown}" if files else "I am not sharing any files yet."
    return {
        "messages": [
            {"role": "system", "content": system.format(*fence)},
            {"role": "user", "content": "Change the greeting to be more casual"},
            {"role": "assistant", "content": "show_greeting.py\n```\nprint('Hey')\n```\n"},
            {"role": "user", "content": files_message},
            {"role": "assistant", "content": "Ok, any changes I propose will be to those files."},
            {"role": "user", "content": TASK},
        ]
    }


def mini(tools: bool = True) -> dict[str, Any]:
    system = "You are a helpful assistant." if tools else MINI_TEXT
    messages = [{"role": "system", "content": system}, {"role": "user", "content": TASK + MINI}]
    return {"messages": messages, **({"tools": [tool("bash", "Execute a bash command")]} if tools else {})}


def openhands(terminal: bool = True) -> dict[str, Any]:
    editor = tool("file_editor", f"Custom editing tool.\nYour current working directory is: {FOLDER}\nWhen exploring …")
    tools = [editor, tool("finish"), tool("think"), *([tool("terminal")] if terminal else [])]
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": TASK}]}], "tools": tools}


def claude_code(bash: bool = True) -> dict[str, Any]:
    names = ["Read", "Edit", "Write", *(["Bash"] if bash else [])]
    return {
        "system": [{"type": "text", "text": "x-anthropic-billing-header: x"}, {"type": "text", "text": CLAUDE}],
        "messages": [{"role": "user", "content": [{"type": "text", "text": TASK}]}],
        "tools": [{"name": name, "input_schema": {"type": "object"}} for name in names],
        "max_tokens": 1000,
    }


def react() -> dict[str, Any]:
    return {"messages": [{"role": "system", "content": REACT}, {"role": "user", "content": TASK}]}


def agentless(qualname: str, path: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{TASK}\nFunction: {qualname}\nFile: {path}\n"}]}


def move(body: dict[str, Any], script: Script, behaviour: str = "right") -> Move:
    """What the scripted model says to a request for chat completions or messages."""
    talk = read_talk("messages" if "system" in body else "chat", body)
    return next_move(behaviour, choose_dialect(talk), talk, script)


def said(body: dict[str, Any], answer: Move, result: str) -> dict[str, Any]:
    """The request that follows: the answer, and what came of it."""
    number = len(body["messages"])
    if not answer.calls:
        turn: list[dict[str, Any]] = [
            {"role": "assistant", "content": answer.text},
            {"role": "user", "content": result},
        ]
    elif "system" in body:
        uses = [{"type": "tool_use", "id": f"t{number}", "name": c.name, "input": c.arguments} for c in answer.calls]
        results = [{"type": "tool_result", "tool_use_id": f"t{number}", "content": result}]
        text = [{"type": "text", "text": answer.text}] if answer.text else []
        turn = [{"role": "assistant", "content": [*text, *uses]}, {"role": "user", "content": results}]
    else:
        calls = [
            {"id": f"t{number}", "type": "function", "function": {"name": c.name, "arguments": c.text}}
            for c in answer.calls
        ]
        turn = [
            {"role": "assistant", "content": answer.text or None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": f"t{number}", "content": result},
        ]
    return {**body, "messages": [*body["messages"], *turn]}
