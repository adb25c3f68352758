"""Every dialect: what the scripted model says, applied as the harness would, leaves exactly the script's files."""

from pathlib import Path
from typing import Any

import pytest
from tests.gateway.scripted import talks
from tests.gateway.scripted.appliers import apply_action, apply_call, apply_diff, apply_whole
from tests.gateway.scripted.nasty import PAIRS, UNEASY, script

from rexlab.gateway.contract import Script, ScriptedFile
from rexlab.gateway.scripted.dialects.base import PlannedDialect
from rexlab.gateway.scripted.dialects.registry import choose_dialect
from rexlab.gateway.scripted.reading import read_talk
from rexlab.gateway.scripted.talk import Move

ALL = {**PAIRS, **UNEASY}
NEW = "pkg/deep/new.py"


def lay_out(folder: Path, pairs: dict[str, tuple[str, str]]) -> dict[str, str]:
    """The files as the agent finds them."""
    files = {f"pkg/{name}.py": before for name, (before, _) in pairs.items()}
    (folder / "pkg").mkdir()
    for path, text in files.items():
        (folder / path).write_text(text, "utf-8", newline="")
    return files


def left(folder: Path, play: Script) -> dict[str, str]:
    return {file.path: (folder / file.path).read_bytes().decode() for file in play.files}


def wanted(play: Script) -> dict[str, str]:
    return {file.path: file.after for file in play.files}


def play_out(body: dict[str, Any], play: Script, folder: Path) -> list[Move]:
    """Let the model work until it ends; its moves."""
    moves: list[Move] = []
    while len(moves) < 100:
        move = talks.move(body, play)
        moves.append(move)
        if not move.calls or move.calls[0].name == "finish" or "COMPLETE_TASK" in str(move.calls[0].arguments):
            return moves
        result = (
            talks.COMMAND
            if move.calls[0].arguments.get("command") == talks.COMMAND
            else apply_call(move.calls[0], folder, talks.FOLDER)
        )
        body = talks.said(body, move, result)
    raise AssertionError("it never ended")


@pytest.mark.parametrize("fence", [("```", "```"), ("````", "````"), ("<source>", "</source>")])
@pytest.mark.parametrize("name", PAIRS)
def test_aider_whole_files_come_out_exactly(name: str, fence: tuple[str, str], tmp_path: Path) -> None:
    play = script({name: PAIRS[name]}, NEW)
    shown = lay_out(tmp_path, {name: PAIRS[name]})
    apply_whole(talks.move(talks.aider(talks.AIDER_WHOLE, shown, fence), play).text, tmp_path, *fence)
    assert left(tmp_path, play) == wanted(play)


@pytest.mark.parametrize("fence", [("```", "```"), ("<source>", "</source>")])
@pytest.mark.parametrize("name", PAIRS)
def test_aider_diffs_come_out_exactly(name: str, fence: tuple[str, str], tmp_path: Path) -> None:
    play = script({name: PAIRS[name]}, NEW)
    shown = lay_out(tmp_path, {name: PAIRS[name]})
    apply_diff(talks.move(talks.aider(talks.AIDER_DIFF, shown, fence), play).text, tmp_path)
    assert left(tmp_path, play) == wanted(play)


@pytest.mark.parametrize("system", [talks.AIDER_WHOLE, talks.AIDER_DIFF])
def test_aider_is_asked_for_the_files_that_are_not_in_the_chat(system: str) -> None:
    play = script({"quotes": PAIRS["quotes"], "shell": PAIRS["shell"]}, NEW)
    move = talks.move(talks.aider(system, {"pkg/shell.py": PAIRS["shell"][0]}), play)
    assert "pkg/quotes.py" in move.text.splitlines()
    assert "pkg/shell.py" not in move.text and NEW not in move.text


@pytest.mark.parametrize("system", [talks.AIDER_WHOLE, talks.AIDER_DIFF])
def test_aider_is_told_when_nothing_is_left_to_do(system: str) -> None:
    before, after = PAIRS["quotes"]
    play = script({"quotes": (before, after)})
    assert "nothing is left" in talks.move(talks.aider(system, {"pkg/quotes.py": after}), play).text


def test_aider_diffs_start_from_what_the_file_holds_now(tmp_path: Path) -> None:
    play = script({"repeated": PAIRS["repeated"]})
    (tmp_path / "pkg").mkdir()
    half_done = PAIRS["repeated"][0].replace("def first(x)", "def first(x, y=0)")
    (tmp_path / "pkg/repeated.py").write_text(half_done)
    apply_diff(talks.move(talks.aider(talks.AIDER_DIFF, {"pkg/repeated.py": half_done}), play).text, tmp_path)
    assert left(tmp_path, play) == wanted(play)


@pytest.mark.parametrize("name", ALL)
def test_mini_swe_agent_writes_exactly(name: str, tmp_path: Path) -> None:
    play = script({name: ALL[name]}, NEW)
    lay_out(tmp_path, {name: ALL[name]})
    moves = play_out(talks.mini(), play, tmp_path)
    assert left(tmp_path, play) == wanted(play)
    commands = [move.calls[0].arguments["command"] for move in moves]
    assert commands[-2:] == [talks.COMMAND, "echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"]


def test_mini_swe_agent_without_tools_gets_one_block_of_the_kind_its_prompt_shows() -> None:
    play = script(ALL, NEW)
    body = talks.mini(tools=False)
    for _ in range(len(play.files)):
        move = talks.move(body, play)
        assert not move.calls
        assert move.text.count("```") == 2 and "\n```mswea_bash_command\n" in move.text
        body = talks.said(body, move, "<returncode>0</returncode>")


@pytest.mark.parametrize("characters", [59_999, 60_000, 200_000])
def test_a_large_file_takes_several_commands_that_the_kernel_accepts(characters: int, tmp_path: Path) -> None:
    text = ("é'\\\n" * characters)[:characters]
    play = Script(files=(ScriptedFile(path="big.txt", before=None, after=text),))
    moves = play_out(talks.mini(), play, tmp_path)
    assert (tmp_path / "big.txt").read_text("utf-8") == text
    assert all(len(move.calls[0].arguments["command"].encode()) < 128 * 1024 for move in moves)


@pytest.mark.parametrize("name", ALL)
def test_openhands_writes_exactly(name: str, tmp_path: Path) -> None:
    play = script({name: ALL[name]}, NEW)
    lay_out(tmp_path, {name: ALL[name]})
    moves = play_out(talks.openhands(), play, tmp_path)
    assert left(tmp_path, play) == wanted(play)
    assert moves[-2].calls[0].arguments["command"] == talks.COMMAND
    assert moves[-1].calls[0].name == "finish"


@pytest.mark.parametrize("name", PAIRS)
def test_openhands_without_a_terminal_only_edits(name: str, tmp_path: Path) -> None:
    play = script({name: PAIRS[name]}, "pkg/new.py")
    lay_out(tmp_path, {name: PAIRS[name]})
    moves = play_out(talks.openhands(terminal=False), play, tmp_path)
    assert left(tmp_path, play) == wanted(play)
    assert {move.calls[0].name for move in moves} == {"file_editor", "finish"}


@pytest.mark.parametrize("name", ALL)
def test_claude_code_writes_exactly(name: str, tmp_path: Path) -> None:
    play = script({name: ALL[name]}, NEW)
    lay_out(tmp_path, {name: ALL[name]})
    moves = play_out(talks.claude_code(), play, tmp_path)
    assert left(tmp_path, play) == wanted(play)
    assert moves[-2].calls[0].arguments["command"] == talks.COMMAND


def test_claude_code_reads_a_file_before_it_changes_it(tmp_path: Path) -> None:
    play = script(PAIRS, NEW)
    lay_out(tmp_path, PAIRS)
    read: set[str] = {f"{talks.FOLDER}/{NEW}"}
    for move in play_out(talks.claude_code(bash=False), play, tmp_path)[:-1]:
        path = move.calls[0].arguments["file_path"]
        assert move.calls[0].name == "Read" or path in read
        read.add(path)


def test_claude_code_goes_on_when_blanks_were_taken_from_its_call() -> None:
    play = script({"whitespace": PAIRS["whitespace"], "quotes": PAIRS["quotes"]})
    body = talks.claude_code(bash=False)
    seen: list[Move] = []
    while (move := talks.move(body, play)).calls:
        assert move not in seen
        seen.append(move)
        stripped = {
            key: "\n".join(line.rstrip() for line in value.split("\n")) if isinstance(value, str) else value
            for key, value in move.calls[0].arguments.items()
        }
        use = type(move.calls[0])(move.calls[0].name, stripped)
        body = talks.said(body, Move(move.text, (use,)), "done")
    assert [move.calls[0].name for move in seen].count("Read") == 2


@pytest.mark.parametrize("name", ALL)
def test_react_writes_exactly(name: str, tmp_path: Path) -> None:
    play = script({name: ALL[name]}, NEW)
    lay_out(tmp_path, {name: ALL[name]})
    body, results = talks.react(), []
    while not results or results[-1] != "submit":
        move = talks.move(body, play)
        results.append(apply_action(move.text, tmp_path))
        body = talks.said(body, move, f"Observation:\n{results[-1]}")
    assert left(tmp_path, play) == wanted(play)
    assert results[-2] == talks.COMMAND


@pytest.mark.parametrize("body", [talks.mini(), talks.openhands(), talks.claude_code(), talks.react()])
@pytest.mark.parametrize("window", [1, 3])
def test_a_harness_that_forgets_the_beginning_still_gets_to_the_end(body: dict[str, Any], window: int) -> None:
    play = script(PAIRS, NEW)
    dialect = choose_dialect(talk := read_talk("messages" if "system" in body else "chat", body))
    assert isinstance(dialect, PlannedDialect)
    plan = dialect.plan(talk, play)
    opening, made, request = body["messages"], [], body
    for _ in plan:
        made.append(talks.move(request, play))
        request = talks.said(request, made[-1], "done")
        request = {**request, "messages": [*opening, *request["messages"][len(opening) :][-2 * window :]]}
    assert made == plan


@pytest.mark.parametrize("body", [talks.mini(), talks.openhands(), talks.claude_code()])
def test_an_agent_that_starts_from_an_earlier_attempt_overwrites_its_files(
    body: dict[str, Any], tmp_path: Path
) -> None:
    play = script({"quotes": PAIRS["quotes"]})
    lay_out(tmp_path, {"quotes": ("def f(x):\n    return 'mistaken'\n", "")})
    told = {"role": "user", "content": "## An earlier attempt\n\nIts changes are in the files.\n"}
    play_out({**body, "messages": [*body["messages"], told]}, play, tmp_path)
    assert left(tmp_path, play) == wanted(play)


def test_react_overwrites_an_earlier_attempt_too(tmp_path: Path) -> None:
    play, body = script({"quotes": PAIRS["quotes"]}), talks.react()
    body["messages"][-1]["content"] += "\n## An earlier attempt\n\nIts changes are in the files.\n"
    (tmp_path / "pkg").mkdir()
    apply_action(talks.move(body, play).text, tmp_path)
    assert left(tmp_path, play) == wanted(play)


def test_agentless_gets_the_function_that_the_request_names_last() -> None:
    play = script(PAIRS)
    body = talks.agentless("f", "pkg/quotes.py")
    body["messages"][0]["content"] = "Function: g\nFile: other.py\n" + body["messages"][0]["content"]
    answer = talks.move(body, play).text
    assert "````python\ndef f(x):\n    '''```'''\n    return x\n````" in answer


def test_who_asks_in_no_known_form_gets_the_code_in_fences() -> None:
    play = script(PAIRS)
    answer = talks.move({"messages": [{"role": "user", "content": "Please help."}]}, play).text
    assert "`f` in `pkg/quotes.py`" in answer and "````python\ndef f(x):" in answer


@pytest.mark.parametrize(
    "system",
    [
        "You keep the notes of a research engineer. Write new notes.",
        "*Briefly* summarize this partial conversation about programming.",
        "You are maintaining a context-aware state summary for an interactive agent.",
    ],
)
def test_a_harness_that_shortens_its_conversation_gets_a_short_text(system: str) -> None:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": talks.MINI}]
    move = talks.move({"messages": messages}, script(PAIRS))
    assert 0 < len(move.text) < 200 and not move.calls


def test_claude_codes_side_calls_get_a_title() -> None:
    body = {**talks.claude_code(), "tools": []}
    assert talks.move(body, script(PAIRS)).text == "Implement the missing functions"


def test_a_judge_tells_the_right_patch_from_a_wrong_one() -> None:
    play = script(PAIRS)

    def score(patch: str) -> str:
        messages = [{"role": "system", "content": "You judge attempts at research code."}]
        return talks.move({"messages": [*messages, {"role": "user", "content": patch}]}, play).text.splitlines()[0]

    assert score(" def f(x):\n-    pass\n+    '''```'''\n+    return x\n") == "Score: 10"
    assert score(" def f(x):\n-    pass\n+    return -x\n") == "Score: 3"
