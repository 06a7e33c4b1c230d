"""Export to GGUF: the weights in float16, the tokenizer and the chat template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from tokenizers import Tokenizer

from . import network as networks
from .network import EPSILON, ROPE_BASE, Network, Shape
from .tokenizer import CHAT_TEMPLATE, CONTROL, END, PAD, PIECES

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GRID = gguf.GGMLQuantizationType.F16
"""Not quantised: the runtime rounds activations to eight bits where matrices have eight."""


def snap(network: Network) -> None:
    """Round each matrix to float16, so that source weights and GGUF hold the same values."""
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() == 2:
                values = parameter.detach().float().numpy()
                parameter.copy_(torch.from_numpy(dequantize(quantize(values, GRID), GRID)))


def interleaved(matrix: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key matrix from the half-split rotary order to llama.cpp's."""
    rows, columns = matrix.shape
    split = matrix.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(split.swapaxes(1, 2).reshape(rows, columns))


def export(source: Path, target: Path, name: str) -> None:
    """Write the model saved in `source` as the GGUF file `target`."""
    network = networks.load(source)
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    writer = gguf.GGUFWriter(target, "llama")
    _describe(writer, network.shape, name)
    _add_tokenizer(writer, tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, network.shape.layers)
    heads = {"q_proj": network.shape.heads, "k_proj": network.shape.kv_heads}
    for key, parameter in network.state_dict().items():
        found = names.get_name(f"model.{key}", try_suffixes=(".weight",))
        if found is None:
            raise KeyError(f"no GGUF name for the tensor {key}")
        values = parameter.detach().float().numpy()
        for part, count in heads.items():
            if part in key:
                values = interleaved(values, count)
        if values.ndim == 2:
            writer.add_tensor(found, quantize(values, GRID), raw_dtype=GRID)
        else:
            writer.add_tensor(found, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape, name: str) -> None:
    writer.add_name(name)
    writer.add_license("apache-2.0")
    writer.add_description("Customer-message triage: one message in, one JSON object out.")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head)
    writer.add_value_length(shape.head)
    writer.add_rope_dimension_count(shape.head)
    writer.add_rope_freq_base(ROPE_BASE)
    writer.add_layer_norm_rms_eps(EPSILON)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().__getitem__)
    kinds = dict.fromkeys(CONTROL, gguf.TokenType.CONTROL)
    kinds |= dict.fromkeys(PIECES, gguf.TokenType.USER_DEFINED)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types([kinds.get(token, gguf.TokenType.NORMAL) for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in model["merges"]])
    writer.add_bos_token_id(tokens.index(END))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_pad_token_id(tokens.index(PAD))
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)
