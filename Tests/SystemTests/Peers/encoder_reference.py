"""Small encoders of every family that is read, with inputs and the hidden states of NumPy.

Usage: encoder_reference.py OUT SEED   (needs numpy)
Writes OUT/NAME/ as a Hugging Face folder, OUT/NAME/INPUT.npy and OUT/NAME/last_hidden_state.npy.
The arithmetic is float64, written from the models' definitions and not from the graph.
"""
import json
import math
import os
import struct
import sys

import numpy as np

H, A, I, LAYERS, VOCABULARY, POSITIONS = 24, 3, 40, 2, 50, 20
CASES = {
    "bert": ("bert", "gelu", "F32"), "bert-relu": ("bert", "relu", "BF16"),
    "bert-tanh": ("bert", "gelu_new", "F16"), "roberta": ("roberta", "gelu", "F32"),
    "xlm-roberta": ("xlm-roberta", "gelu", "F16"), "distilbert": ("distilbert", "gelu", "F32"),
}
ERF = np.vectorize(math.erf)
ACTIVATIONS = {
    "gelu": lambda x: x * 0.5 * (1 + ERF(x / math.sqrt(2))),
    "relu": lambda x: np.maximum(x, 0),
    "gelu_new": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
}


def stored(array, kind):
    """The bytes of a stored array, and the values that they stand for."""
    if kind == "BF16":
        bits = (array.view(np.uint32) >> 16).astype("<u2")
        return bits.tobytes(), (bits.astype(np.uint32) << 16).view(np.float32)
    half = array.astype("<f2" if kind == "F16" else "<f4")
    return half.tobytes(), half.astype(np.float32)


def save(path, tensors, kind):
    header, data, values = {}, b"", {}
    for name, array in tensors.items():
        content, values[name] = stored(array, kind)
        values[name] = values[name].reshape(array.shape).astype(np.float64)
        header[name] = {"dtype": kind, "shape": array.shape,
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    return values


def names(family):
    if family == "distilbert":
        base = "transformer.layer.{}."
        return [base + n for n in ("attention.q_lin", "attention.k_lin", "attention.v_lin",
                                   "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2",
                                   "output_layer_norm")]
    base = "encoder.layer.{}."
    return [base + n for n in ("attention.self.query", "attention.self.key", "attention.self.value",
                               "attention.output.dense", "attention.output.LayerNorm",
                               "intermediate.dense", "output.dense", "output.LayerNorm")]


def case(out, name, rng):
    family, activation, kind = CASES[name]
    counts, is_distil = "roberta" in family, family == "distilbert"
    weights = {"embeddings.word_embeddings.weight": (VOCABULARY, H),
               "embeddings.position_embeddings.weight": (POSITIONS, H)}
    if not is_distil:
        weights["embeddings.token_type_embeddings.weight"] = (1 if counts else 2, H)
    parts = {"embeddings.LayerNorm": (H,)}
    for layer in range(LAYERS):
        shapes = [(H, H)] * 4 + [(H,), (I, H), (H, I), (H,)]
        parts.update({n.format(layer): s for n, s in zip(names(family), shapes)})
    for part, shape in parts.items():
        weights[part + ".weight"], weights[part + ".bias"] = shape, shape[:1]
    folder = os.path.join(out, name)
    os.makedirs(folder)
    arrays = {n: (rng.standard_normal(s) * 0.4).astype(np.float32) for n, s in weights.items()}
    w = save(os.path.join(folder, "model.safetensors"), arrays, kind)
    epsilon, padding = (1e-12, 0) if is_distil else (1e-5, 1 if counts else 0)
    keys = (("dim", "n_layers", "n_heads", "hidden_dim", "activation") if is_distil else
            ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
             "hidden_act"))
    config = {"model_type": family, **dict(zip(keys, (H, LAYERS, A, I, activation))),
              "layer_norm_eps": epsilon, "pad_token_id": padding}
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump(config, file)

    ids = rng.integers(2, VOCABULARY, (3, 9))
    mask = np.ones((3, 9), np.int64)
    for row, length in enumerate((9, 6, 1)):
        ids[row, length:], mask[row, length:] = padding, 0
    kinds = np.zeros((3, 9), np.int64) if counts else rng.integers(0, 2, (3, 9))

    def norm(x, part):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)
        return x * w[part + ".weight"] + w[part + ".bias"]

    def linear(x, part):
        return x @ w[part + ".weight"].T + w[part + ".bias"]

    places = np.arange(9)[None, :]
    if counts:
        real = ids != padding
        places = np.cumsum(real, 1) * real + padding
    x = w["embeddings.word_embeddings.weight"][ids]
    x = x + w["embeddings.position_embeddings.weight"][places]
    if not is_distil:
        x = x + w["embeddings.token_type_embeddings.weight"][kinds]
    x = norm(x, "embeddings.LayerNorm")
    for layer in range(LAYERS):
        q, k, v, o, n1, f1, f2, n2 = (n.format(layer) for n in names(family))
        q, k, v = (linear(x, n).reshape(3, 9, A, H // A).transpose(0, 2, 1, 3) for n in (q, k, v))
        scores = q @ k.transpose(0, 1, 3, 2) / math.sqrt(H // A)
        scores = np.where(mask[:, None, None, :] == 1, scores, -np.inf)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        x = norm(linear((shares @ v).transpose(0, 2, 1, 3).reshape(3, 9, H), o) + x, n1)
        x = norm(linear(ACTIVATIONS[activation](linear(x, f1)), f2) + x, n2)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if not is_distil:
        inputs["token_type_ids"] = kinds
    for key, value in inputs.items():
        np.save(os.path.join(folder, key + ".npy"), value.astype(np.int64))
    np.save(os.path.join(folder, "last_hidden_state.npy"), x.astype(np.float32))


generator = np.random.default_rng(int(sys.argv[2]))
for each in CASES:
    case(sys.argv[1], each, generator)
