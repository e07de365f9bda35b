"""Train the digits CNN on scikit-learn's 8x8 digits and write the fixtures beside this file.

Needs the pip packages numpy, scikit-learn, onnx and onnxruntime; nothing else. Run it as

    python Tests/Fixtures/digits.py

Everything is seeded: the same package versions give the same files. It writes

    digits.onnx               the model: input `image` [batch, 1, 8, 8] float32 in 0...1,
                              outputs `probabilities` and `logits`, both [batch, 10] float32
    digits-images.npy         the held-out images, [held-out, 1, 8, 8] float32
    digits-labels.npy         their labels, [held-out] int64
    digits-logits.npy         what ONNX Runtime computes for them, [held-out, 10] float32
    digits-probabilities.npy  likewise after softmax
    unsupported-operator.onnx a model with operators that the engine does not have
    external-data-missing.onnx
                              the digits model with its weights in a file that is not there
    ../../Sources/EphemeralClient/Generated/BundledDigits.swift
                              the model and ten of the digits, one of each, for `ephml-client demo`

The network is a small convolutional one, written out in numpy with its own gradients:
conv 3x3 (16) - relu - max pool 2x2 - conv 3x3 (32) - relu - max pool 2x2 - dense 64 - relu - dense 10.
"""

import base64
import os
import pathlib

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # sums in one order

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 20
HELD_OUT = 360
EPOCHS = 60
BATCH = 32
HERE = pathlib.Path(__file__).resolve().parent
SWIFT = HERE.parents[1] / "Sources" / "EphemeralClient" / "Generated" / "BundledDigits.swift"


def unfold(x):
    """All 3x3 windows of a zero-padded batch: [n, c, h, w] -> [n, h * w, c * 9]."""
    n, c, h, w = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return windows.transpose(0, 2, 3, 1, 4, 5).reshape(n, h * w, c * 9)


def fold(columns, shape):
    """The adjoint of unfold: sums window gradients back onto the image."""
    n, c, h, w = shape
    windows = columns.reshape(n, h, w, c, 3, 3).transpose(0, 3, 1, 2, 4, 5)
    padded = np.zeros((n, c, h + 2, w + 2), columns.dtype)
    for i in range(3):
        for j in range(3):
            padded[:, :, i : i + h, j : j + w] += windows[..., i, j]
    return padded[:, :, 1:-1, 1:-1]


def convolve(x, weight, bias):
    columns = unfold(x)
    flat = columns @ weight.reshape(len(weight), -1).T + bias
    n, _, h, w = x.shape
    return flat.transpose(0, 2, 1).reshape(n, len(weight), h, w), columns


def pool(x):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2).transpose(0, 1, 2, 4, 3, 5)
    blocks = blocks.reshape(n, c, h // 2, w // 2, 4)
    return blocks.max(-1), blocks.argmax(-1)


def unpool(gradient, choice, shape):
    n, c, h, w = shape
    blocks = np.zeros((n, c, h // 2, w // 2, 4), gradient.dtype)
    np.put_along_axis(blocks, choice[..., None], gradient[..., None], -1)
    blocks = blocks.reshape(n, c, h // 2, w // 2, 2, 2).transpose(0, 1, 2, 4, 3, 5)
    return blocks.reshape(shape)


def forward(p, x):
    a1, k1 = convolve(x, p["conv1.weight"], p["conv1.bias"])
    r1 = np.maximum(a1, 0)
    m1, c1 = pool(r1)
    a2, k2 = convolve(m1, p["conv2.weight"], p["conv2.bias"])
    r2 = np.maximum(a2, 0)
    m2, c2 = pool(r2)
    flat = m2.reshape(len(x), -1)
    h = np.maximum(flat @ p["dense1.weight"].T + p["dense1.bias"], 0)
    logits = h @ p["dense2.weight"].T + p["dense2.bias"]
    return logits, (x, k1, a1, c1, m1, k2, a2, c2, m2, flat, h)


def backward(p, kept, d_logits):
    x, k1, a1, c1, m1, k2, a2, c2, m2, flat, h = kept
    g = {"dense2.weight": d_logits.T @ h, "dense2.bias": d_logits.sum(0)}
    d_h = (d_logits @ p["dense2.weight"]) * (h > 0)
    g["dense1.weight"] = d_h.T @ flat
    g["dense1.bias"] = d_h.sum(0)
    d_m2 = (d_h @ p["dense1.weight"]).reshape(m2.shape)
    d_a2 = unpool(d_m2, c2, a2.shape) * (a2 > 0)
    rows = d_a2.reshape(*d_a2.shape[:2], -1).transpose(0, 2, 1)
    g["conv2.weight"] = np.einsum("nps,npk->sk", rows, k2, optimize=True).reshape(
        p["conv2.weight"].shape)
    g["conv2.bias"] = rows.sum((0, 1))
    d_m1 = fold(rows @ p["conv2.weight"].reshape(len(p["conv2.weight"]), -1), m1.shape)
    d_a1 = unpool(d_m1, c1, a1.shape) * (a1 > 0)
    rows = d_a1.reshape(*d_a1.shape[:2], -1).transpose(0, 2, 1)
    g["conv1.weight"] = np.einsum("nps,npk->sk", rows, k1, optimize=True).reshape(
        p["conv1.weight"].shape)
    g["conv1.bias"] = rows.sum((0, 1))
    return g


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def initial(rng):
    shapes = {
        "conv1.weight": (16, 1, 3, 3), "conv1.bias": (16,),
        "conv2.weight": (32, 16, 3, 3), "conv2.bias": (32,),
        "dense1.weight": (64, 128), "dense1.bias": (64,),
        "dense2.weight": (10, 64), "dense2.bias": (10,),
    }
    return {
        name: (
            rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
            if name.endswith("weight") else np.zeros(shape)
        ).astype(np.float32)
        for name, shape in shapes.items()
    }


def shifted(rng, x):
    """The batch, each image moved by at most one pixel, so that the model sees more handwriting."""
    out = np.zeros_like(x)
    for i, (dy, dx) in enumerate(rng.integers(-1, 2, (len(x), 2))):
        source = x[i, :, max(0, -dy) : 8 - max(0, dy), max(0, -dx) : 8 - max(0, dx)]
        out[i, :, max(0, dy) : 8 - max(0, -dy), max(0, dx) : 8 - max(0, -dx)] = source
    return out


def train(images, labels, rng):
    """Adam with a cosine-decayed step over seeded batches."""
    p = initial(rng)
    first = {k: np.zeros_like(v) for k, v in p.items()}
    second = {k: np.zeros_like(v) for k, v in p.items()}
    step = 0
    total = EPOCHS * (len(images) // BATCH)
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))
        for start in range(0, len(images) - BATCH + 1, BATCH):
            pick = order[start : start + BATCH]
            logits, kept = forward(p, shifted(rng, images[pick]))
            d = softmax(logits)
            d[np.arange(BATCH), labels[pick]] -= 1
            g = backward(p, kept, (d / BATCH).astype(np.float32))
            step += 1
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * step / total)) + 1e-6
            for k in p:
                first[k] = 0.9 * first[k] + 0.1 * g[k]
                second[k] = 0.999 * second[k] + 0.001 * g[k] ** 2
                update = (first[k] / (1 - 0.9**step)) / (
                    np.sqrt(second[k] / (1 - 0.999**step)) + 1e-8)
                p[k] = (p[k] - rate * (update + 1e-3 * p[k])).astype(np.float32)
    return p


def export(p):
    tensors = [numpy_helper.from_array(v, k) for k, v in p.items()]
    nodes = [
        helper.make_node("Conv", ["image", "conv1.weight", "conv1.bias"], ["a1"],
                         kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a1"], ["r1"]),
        helper.make_node("MaxPool", ["r1"], ["m1"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["m1", "conv2.weight", "conv2.bias"], ["a2"],
                         kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["a2"], ["r2"]),
        helper.make_node("MaxPool", ["r2"], ["m2"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["m2"], ["flat"], axis=1),
        helper.make_node("Gemm", ["flat", "dense1.weight", "dense1.bias"], ["d1"], transB=1),
        helper.make_node("Relu", ["d1"], ["h1"]),
        helper.make_node("Gemm", ["h1", "dense2.weight", "dense2.bias"], ["logits"], transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes, "digits",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10]),
         helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 10])],
        tensors)
    model = helper.make_model(
        graph, producer_name="digits.py", opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def write_bad_models(model):
    """Two models that `decompose` must refuse."""
    nodes = [
        helper.make_node("Sin", ["x"], ["a"], name="wave"),
        helper.make_node("Multinomial", ["a"], ["b"], name="volume"),
        helper.make_node("Nonsense", ["b"], ["y"], name="joke", domain="example"),
    ]
    graph = helper.make_graph(
        nodes, "unsupported",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("example", 1)]
    unsupported = helper.make_model(graph, producer_name="digits.py", opset_imports=opsets)
    unsupported.ir_version = 8
    (HERE / "unsupported-operator.onnx").write_bytes(
        unsupported.SerializeToString(deterministic=True))
    external = onnx.load_model_from_string(model)
    offset = 0
    for tensor in external.graph.initializer:
        length = len(tensor.raw_data)
        tensor.ClearField("raw_data")
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in [("location", "weights.data"), ("offset", offset), ("length", length)]:
            tensor.external_data.add(key=key, value=str(value))
        offset += length
    (HERE / "external-data-missing.onnx").write_bytes(
        external.SerializeToString(deterministic=True))


def write_swift(model, images, labels, probabilities):
    """The model and, of each digit, one held-out image, as text that compiles fast."""
    chosen = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10)]
    picture = np.concatenate([np.rint(images[i].reshape(-1) * 16) for i in chosen])

    def static_string(data):
        text = base64.b64encode(data).decode()
        return "\n".join("    " + text[i : i + 92] + "\\" for i in range(0, len(text), 92))

    SWIFT.parent.mkdir(parents=True, exist_ok=True)
    SWIFT.write_text(f'''// Generated by Tests/Fixtures/digits.py; run it again instead of editing this file.

/// The trained digits model and ten held-out digits, bundled for `ephml-client demo`.
enum BundledDigits {{
  /// The held-out digits' true labels, in the order of `pictures`.
  static let labels: [Int] = {[int(labels[i]) for i in chosen]}

  /// What ONNX Runtime answers for them.
  static let referenceClasses: [Int] = {[int(probabilities[i].argmax()) for i in chosen]}

  /// Ten pictures of 8 × 8 bytes, 0 (paper) to 16 (ink), base64.
  static let pictures: StaticString = """
{static_string(picture.astype(np.uint8).tobytes())}

    """

  /// The ONNX file, base64.
  static let model: StaticString = """
{static_string(model)}

    """
}}
''')


def main():
    rng = np.random.default_rng(SEED)
    digits = load_digits()
    images = (digits.images / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = digits.target.astype(np.int64)
    x_train, x_test, y_train, y_test = train_test_split(
        images, labels, test_size=HELD_OUT, random_state=SEED, stratify=labels)
    model = export(train(x_train, y_train, rng))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    probabilities, logits = session.run(["probabilities", "logits"], {"image": x_test})
    accuracy = (probabilities.argmax(-1) == y_test).mean()
    print(f"held-out accuracy {accuracy:.4f}, model {len(model)} bytes")
    assert accuracy >= 0.97 and len(model) <= 200_000
    (HERE / "digits.onnx").write_bytes(model)
    np.save(HERE / "digits-images.npy", np.ascontiguousarray(x_test))
    np.save(HERE / "digits-labels.npy", y_test)
    np.save(HERE / "digits-logits.npy", logits)
    np.save(HERE / "digits-probabilities.npy", probabilities)
    write_bad_models(model)
    write_swift(model, x_test, y_test, probabilities)


if __name__ == "__main__":
    main()
