"""MiniLM's hidden states for many lengths and batches, as a backend test of ONNX.

Usage: minilm_lengths.py MODEL.onnx OUT
Needs: onnx, onnxruntime, numpy. Writes OUT/minilm/model.onnx, tolerance.json and
test_data_set_N/{input,output}_M.pb: seeded token ids, batches of 1 and of 3 texts of different
lengths behind one another's padding masks, and what ONNX Runtime makes of them.
"""
import json
import os
import shutil
import sys

import numpy as np
import onnxruntime as ort
from onnx import numpy_helper

LENGTHS = [1, 2, 7, 16, 63, 128, 200, 256]


def cases():
    random = np.random.default_rng(5)
    for batch in (1, 3):
        for length in LENGTHS:
            mask = np.zeros((batch, length), np.int64)
            for row in range(batch):
                mask[row, : max(length - row * length // 3, 1)] = 1
            ids = random.integers(1_000, 20_000, (batch, length)) * mask
            types = np.zeros((batch, length), np.int64)
            yield {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}


def main(model, out):
    folder = os.path.join(out, "minilm")
    os.makedirs(folder)
    shutil.copy(model, os.path.join(folder, "model.onnx"))
    with open(os.path.join(folder, "tolerance.json"), "w") as file:
        json.dump({"rtol": 1e-4, "atol": 2e-5}, file)
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    for number, inputs in enumerate(cases()):
        here = os.path.join(folder, f"test_data_set_{number}")
        os.makedirs(here)
        results = dict(zip(names, session.run(names, inputs)))
        for side, tensors in (("input", inputs), ("output", results)):
            for index, (name, array) in enumerate(tensors.items()):
                with open(os.path.join(here, f"{side}_{index}.pb"), "wb") as file:
                    file.write(numpy_helper.from_array(array, name).SerializeToString())


main(*sys.argv[1:])
