"""Prices: what litellm would charge, unless prices.toml says otherwise; unknown stays unknown."""

import pytest

from rexlab.errors import InputError
from rexlab.gateway.contract import Budget, ModelSpec
from rexlab.gateway.models import check_model
from rexlab.gateway.prices import FREE, Prices
from rexlab.gateway.tokens import Tokens


def price_of(name: str, file=None):
    return Prices(file).find(ModelSpec(name=name))


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_a_call_costs_what_litellm_says_for_every_fifth_model_of_its_list(vendor):
    from rexlab.gateway.translate import load

    litellm = load()
    listed = {
        name if name.startswith(f"{vendor}/") else f"{vendor}/{name}"
        for name, entry in litellm.model_cost.items()
        if entry.get("litellm_provider") == vendor and entry.get("mode") in ("chat", "responses")
        and "input_cost_per_token" in entry
    }  # fmt: skip
    assert len(listed) > 10
    prices, differing = Prices(None), {}
    for name in sorted(listed)[::5]:
        for size in (1_000, 250_000, 300_000):
            usage = litellm.Usage(
                prompt_tokens=size,
                completion_tokens=300,
                total_tokens=size + 300,
                prompt_tokens_details={"cached_tokens": size // 4},
            )
            expected = sum(litellm.cost_calculator.cost_per_token(model=name, usage_object=usage))
            found = prices.find(ModelSpec(name=name)).cost(Tokens(size, 300, cached=size // 4))
            if found != pytest.approx(expected):
                differing[name, size] = (found, expected)
    assert not differing


def test_writing_to_anthropics_cache_costs_more_and_for_an_hour_more_still():
    price = price_of("anthropic/claude-sonnet-4-5")
    tokens = Tokens(1_000_000, 0, cached=100_000, written=300_000, written_1h=200_000)
    assert price.cost(Tokens(100_000, 0)) == pytest.approx(0.3)
    assert price.cost(tokens) == pytest.approx(0.6 * 3 + 0.1 * 0.3 + 0.1 * 3.75 + 0.2 * 6)


def test_a_model_in_no_list_has_no_price():
    assert price_of("openai/nobody-knows-me") is None
    assert price_of("nobody/gpt-4o") is None


def test_a_scripted_model_is_free():
    assert price_of("scripted/loop") == FREE
    assert FREE.cost(Tokens(10**9, 10**9)) == 0


def test_an_override_counts_by_full_name_and_without_provider(tmp_path):
    file = tmp_path / "prices.toml"
    file.write_text('["openai/gpt-4o"]\ninput = 1\noutput = 2\n[mine]\ninput = 4\ncached = 0\noutput = 8\n')
    assert price_of("openai/gpt-4o", file).cost(Tokens(10**6, 10**6, cached=10**6)) == pytest.approx(3)
    assert price_of("hosted_vllm/mine", file).cost(Tokens(10**6, 10**6, cached=5 * 10**5)) == pytest.approx(10)
    assert price_of("openai/gpt-4o-mini", file) == price_of("openai/gpt-4o-mini")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[", "is not valid TOML"),
        ("[m]\ninput = 1\n", "m.output: Field required"),
        ("[m]\ninput = -1\noutput = 1\n", "m.input: Input should be greater than or equal to 0"),
        ("[m]\ninput = 1\noutput = 1\nouput = 1\n", "m.ouput: Extra inputs are not permitted"),
    ],
)
def test_a_price_file_that_is_wrong_is_said_with_the_place(tmp_path, text, complaint):
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(InputError, match=complaint):
        Prices(tmp_path / "prices.toml")


def test_before_a_run_a_model_needs_provider_key_and_price(monkeypatch, tmp_path):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(InputError, match="'gpt-4o' names no provider; write provider/model"):
        check_model(ModelSpec(name="gpt-4o"))
    with pytest.raises(InputError, match="needs a key: set OPENAI_API_KEY"):
        check_model(ModelSpec(name="openai/gpt-4o"))
    with pytest.raises(InputError, match="needs a key: set ANTHROPIC_API_KEY"):
        check_model(ModelSpec(name="anthropic/claude-sonnet-4-5"))
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8000/v1")
    check_model(ModelSpec(name="openai/local"))
    with pytest.raises(InputError, match="needs the price of openai/local"):
        check_model(ModelSpec(name="openai/local"), (Budget(calls=3), Budget(usd=1)))
    (tmp_path / "prices.toml").write_text("[local]\ninput = 0\noutput = 0\n")
    check_model(ModelSpec(name="openai/local"), (Budget(usd=1),), tmp_path / "prices.toml")
    check_model(ModelSpec(name="scripted/loop"), (Budget(usd=1),))
    with pytest.raises(InputError, match="no scripted model"):
        check_model(ModelSpec(name="scripted/unheard"))
