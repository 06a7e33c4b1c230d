"""The network: a small Llama, written so that it trains fast on few CPU cores."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

if TYPE_CHECKING:
    from pathlib import Path

EPSILON = 1e-5
ROPE_BASE = 10000.0


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    vocabulary: int = 2048
    hidden: int = 192
    feed_forward: int = 352
    layers: int = 4
    heads: int = 6
    kv_heads: int = 3
    head: int = 32
    context: int = 512


class Attention(nn.Module):
    """Causal self-attention with grouped key and value heads and rotary positions."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.q_proj = nn.Linear(shape.hidden, shape.heads * shape.head, bias=False)
        self.k_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head, bias=False)
        self.v_proj = nn.Linear(shape.hidden, shape.kv_heads * shape.head, bias=False)
        self.o_proj = nn.Linear(shape.heads * shape.head, shape.hidden, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor) -> Tensor:
        """Attend over the sequence; padding stands at its end, where no token sees it."""
        shape, (batch, length, _) = self.shape, x.shape
        weight = torch.cat((self.q_proj.weight, self.k_proj.weight, self.v_proj.weight))
        heads = functional.linear(x, weight).view(batch, length, -1, shape.head)
        turned, value = heads.split([shape.heads + shape.kv_heads, shape.kv_heads], 2)
        half = shape.head // 2
        left, right = turned[..., :half], turned[..., half:]
        turned = torch.cat((left * cos - right * sin, right * cos + left * sin), -1)
        query, key = turned.split([shape.heads, shape.kv_heads], 2)
        groups = shape.heads // shape.kv_heads
        if groups > 1:
            key, value = (t.repeat_interleave(groups, 2) for t in (key, value))
        query, key, value = (
            t.transpose(1, 2).reshape(batch * shape.heads, length, shape.head)
            for t in (query * shape.head**-0.5, key, value)
        )
        scores = torch.baddbmm(hidden, query, key.transpose(1, 2))
        mixed = torch.softmax(scores, -1) @ value
        mixed = mixed.view(batch, shape.heads, length, shape.head).transpose(1, 2)
        return self.o_proj(mixed.reshape(batch, length, -1))


class FeedForward(nn.Module):
    """The gated feed-forward part of a layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """SwiGLU."""
        return self.down_proj(functional.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    """One decoder layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.self_attn = Attention(shape)
        self.mlp = FeedForward(shape)
        self.input_layernorm = nn.RMSNorm(shape.hidden, eps=EPSILON)
        self.post_attention_layernorm = nn.RMSNorm(shape.hidden, eps=EPSILON)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, hidden: Tensor) -> Tensor:
        """Attention, then the feed-forward part, each added to the stream."""
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, hidden)
        return x + self.mlp(self.post_attention_layernorm(x))


class Network(nn.Module):
    """The decoder; its parameters bear the names that transformers gives to a Llama's."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.hidden, eps=EPSILON)
        inverse = ROPE_BASE ** (-torch.arange(0, shape.head, 2) / shape.head)
        angles = torch.arange(shape.context)[:, None] * inverse[None]
        self.register_buffer("cos", angles.cos()[:, None], persistent=False)
        self.register_buffer("sin", angles.sin()[:, None], persistent=False)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                deep = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(parameter, std=0.02 / ((2 * shape.layers) ** 0.5 if deep else 1))

    def forward(self, ids: Tensor, chosen: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits at the chosen flat positions; `mask` scales the embedding of each token."""
        x = self.embed_tokens(ids)
        if mask is not None:
            x = x * mask
        length = ids.shape[1]
        cos, sin = self.cos[:length].to(x.dtype), self.sin[:length].to(x.dtype)
        kind = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        hidden = torch.full((length, length), float("-inf"), dtype=kind).triu(1)
        for layer in self.layers:
            x = layer(x, cos, sin, hidden)
        x = self.norm(x).reshape(-1, self.shape.hidden)[chosen]
        return functional.linear(x, self.embed_tokens.weight)


def save(network: Network, folder: Path) -> None:
    """Write weights and settings so that transformers loads them from `folder`."""
    shape = network.shape
    state = {f"model.{k}": v.detach().float().contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    settings = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": shape.vocabulary,
        "hidden_size": shape.hidden,
        "intermediate_size": shape.feed_forward,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head,
        "max_position_embeddings": shape.context,
        "rms_norm_eps": EPSILON,
        "rope_theta": ROPE_BASE,
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 4,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(settings, indent=1) + "\n")
    (folder / "shape.json").write_text(json.dumps(asdict(shape), indent=1) + "\n")


def load(folder: Path) -> Network:
    """The network saved in `folder`."""
    network = Network(Shape(**json.loads((folder / "shape.json").read_text())))
    state = load_file(folder / "model.safetensors")
    network.load_state_dict({k.removeprefix("model."): v for k, v in state.items()})
    return network
