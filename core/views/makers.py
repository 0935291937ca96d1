"""Names that tell who wrote an answer: makers of language models, and their models."""

from __future__ import annotations

SURE = (
    "AI21", "Aleph Alpha", "Anthropic", "Baichuan", "Bing Chat", "BloombergGPT", "ChatGLM",
    "ChatGPT", "DALL-E", "Databricks Dolly", "DeepMind", "DeepSeek", "Dolly-v2", "ERNIE Bot",
    "EleutherAI", "FastChat", "Flan-T5", "GPT", "GPT4All", "Google Bard", "Hugging Face",
    "InstructGPT", "InternLM", "Jurassic-2", "LaMDA", "LMSYS", "Meta AI", "Microsoft Copilot",
    "MiniMax", "Mistral AI", "Mixtral", "Moonshot AI", "MosaicML", "Nemotron", "NousResearch",
    "OASST", "OpenAI", "OpenAssistant", "Open Assistant", "Perplexity AI", "Qwen", "RedPajama",
    "RWKV", "Stability AI", "StableLM", "StableVicuna", "StarCoder", "text-davinci", "Tongyi",
    "UltraLM", "WizardLM", "xAI", "Zhipu",
)  # fmt: skip
"""Nothing else is called so."""

UNSURE = (
    "Alibaba", "Alpaca", "Baidu", "Bard", "Bing", "Bloom", "Claude", "Codex", "Cohere",
    "Command R", "Copilot", "Dolly", "Falcon", "Gemini", "Gemma", "Google", "Grok", "Guanaco",
    "Kimi", "Koala", "Llama", "Meta", "Microsoft", "Mistral", "MPT", "NVIDIA", "OLMo", "PaLM",
    "Phi", "Pythia", "Sydney", "Titan", "Tulu", "Vicuna", "Yi", "Zephyr",
)  # fmt: skip
"""People, animals and firms are called so too: told only by who says it of themselves, or by a
version behind it."""
