"""What a provider would do on its own machines, or fetch, is a way out of the sandbox and refused."""

import pytest
from tests.gateway.conftest import PATHS, body, model_for
from tests.gateway.test_failures import message_of

PICTURE = "data:image/png;base64,AAAA"
REFUSED = [
    ("chat", {"web_search_options": {}, "tools": [{"type": "web_search"}]}),
    ("chat", {"web_search_options": {"search_context_size": "low"}}),
    ("responses", {"tools": [{"type": "web_search"}]}),
    ("responses", {"tools": [{"type": "web_search_preview"}]}),
    ("responses", {"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
    ("responses", {"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}),
    ("responses", {"tools": [{"type": "mcp", "server_url": "https://example.org"}]}),
    ("responses", {"tools": [{"type": "image_generation"}]}),
    ("responses", {"background": True}),
    ("responses", {"previous_response_id": "resp_1"}),
    ("messages", {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
    ("messages", {"tools": [{"type": "web_fetch_20250910", "name": "web_fetch"}]}),
    ("messages", {"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}),
    ("messages", {"mcp_servers": [{"type": "url", "url": "https://example.org"}]}),
    ("messages", {"container": {"skills": []}}),
    ("chat", {"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]}]}),
    ("responses", {"input": [{"role": "user", "content": [
        {"type": "input_image", "image_url": "http://169.254.169.254/latest"}]}]}),
    ("responses", {"input": [{"role": "user", "content": [
        {"type": "input_file", "file_url": "https://example.org/paper.pdf"}]}]}),
    ("messages", {"messages": [{"role": "user", "content": [
        {"type": "image", "source": {"type": "url", "url": "file:///etc/passwd"}}]}]}),
    ("messages", {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [
        {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}}]}]}]}),
]  # fmt: skip


@pytest.mark.parametrize(("protocol", "fields"), REFUSED, ids=range(len(REFUSED)))
@pytest.mark.parametrize("translated", [False, True], ids=["native", "litellm"])
def test_it_is_refused_and_nobody_is_asked(open_trial, provider, protocol, fields, translated):
    native = model_for(protocol)
    trial = open_trial(("openai/gpt-4o" if "claude" in native else "anthropic/claude-x") if translated else native)
    response = trial.ask("say hi", protocol, **fields)
    assert response.status_code == 400, response.text
    message = message_of(response, protocol)
    assert "not available" in message or "not fetched" in message
    assert not provider.requests
    assert trial.close().calls == 0


@pytest.mark.parametrize(
    ("protocol", "fields"),
    [
        ("chat", {"tools": [{"type": "function", "function": {"name": "web_search"}}]}),
        ("chat", {"tools": [{"type": "custom", "custom": {"name": "edit"}}]}),
        ("responses", {"tools": [{"type": "local_shell"}, {"type": "custom", "name": "apply_patch"}]}),
        ("messages", {"tools": [{"name": "WebSearch", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}]}),
        ("chat", {"messages": [{"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": PICTURE}}, {"type": "text", "text": "say see https://x.org"}]}]}),
        ("messages", {"messages": [
            {"role": "assistant", "content": [
                {"type": "tool_use", "id": "t", "name": "fetch", "input": {"url": "https://example.org"}}]},
            {"role": "user", "content": [{"type": "text", "text": "say hi"}]}]}),
    ],
    ids=range(6),
)  # fmt: skip
def test_what_runs_in_the_sandbox_is_passed_on_untouched(open_trial, provider, protocol, fields):
    trial = open_trial(model_for(protocol))
    assert trial.ask("say hi", protocol, **fields).status_code == 200
    for name, value in fields.items():
        assert provider.requests[-1][name] == value


def test_a_dearer_service_is_not_the_harnesss_to_choose(open_trial, provider):
    assert open_trial().ask("say hi", service_tier="priority").status_code == 200
    assert "service_tier" not in provider.requests[-1]
    assert open_trial(params={"service_tier": "flex"}).ask("say hi").status_code == 200
    assert provider.requests[-1]["service_tier"] == "flex"


@pytest.mark.parametrize("path", [*PATHS.values()])
def test_odd_shapes_are_the_providers_to_judge_and_break_nothing(open_trial, path):
    trial = open_trial("scripted")
    for tools in ("all", [None, 3, {"type": None}], {"a": 1}):
        answer = trial.http.post(path, json=body("hi", "messages") | {"tools": tools, "input": "hi"})
        assert answer.status_code in (200, 400, 500)
