import EphemeralClient
import EphemeralDecompose
import PropertyTesting

/// A file of tensors is read whole or not at all: each of its bytes in exactly one of them.
let safetensorsTarget = FuzzTarget(
  "safetensors", "the heads of safetensors files", maximumBytes: 1024,
  dictionary: [
    "dtype", "shape", "data_offsets", "__metadata__", "F32", "BF16", "F8_E4M3", "[0,4]", "[]",
  ]
  .map(ascii),
  seeds: {
    let header =
      #"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"#
      + #""b":{"dtype":"BF16","shape":[],"data_offsets":[8,10]}}"#
    return [
      FuzzSeed("two", length(header) + ascii(header) + [UInt8](repeating: 7, count: 10)),
      FuzzSeed("none", length("{}") + ascii("{}")),
    ]
  }
) { (bytes, notes) throws(Violation) in
  guard let path = ScratchFile.shared?.write(bytes) else {
    throw Violation(message: "no scratch file")
  }
  let entries = accepted { try SafetensorsHeader.read(path: path) }
  let again = accepted { try SafetensorsHeader.read(path: path) }
  try require(entries == again, "a file reads otherwise the second time")
  guard let entries else { return }
  let head = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
  var position = 8 + head
  for entry in entries {
    try require(entry.range.lowerBound == position, "a gap or an overlap before \(entry.name)")
    let count = entry.shape.reduce(entry.type.byteCount, *)
    try require(entry.range.count == count, "\(entry.name) has other bytes than its shape says")
    position = entry.range.upperBound
  }
  try require(position == bytes.count, "bytes behind the last tensor")
  notes.use(entries.count)
}

private func length(_ text: String) -> [UInt8] {
  [UInt8(text.utf8.count & 255), UInt8(text.utf8.count >> 8)] + [UInt8](repeating: 0, count: 6)
}

/// Whatever a tokenizer's settings and a text are, ids come out, as many as the limit allows; the
/// text stands behind the settings, after a zero byte.
let tokenizerTarget = FuzzTarget(
  "tokenizer", "tokenizer.json and the texts that it cuts", maximumBytes: 4096,
  dictionary: [
    "vocab", "WordPiece", "BertNormalizer", "strip_accents", "lowercase", "added_tokens", "[MASK]",
    "##a", "Left", "OnlyFirst", "BertProcessing", "single_word", "é", "e\u{301}\u{323}", "한", "漢",
  ]
  .map(ascii),
  seeds: { [FuzzSeed("small", ascii(sampleTokenizer) + [0] + ascii("Ab [MASK] é漢, x\u{301}"))] }
) { (bytes, notes) throws(Violation) in
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  guard let tokenizer = accepted({ try Tokenizer.parse(Array(parts[0]), file: "it") }) else {
    return
  }
  let text = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : ""
  let encoding = tokenizer.encode(text)
  try require(encoding == tokenizer.encode(text), "a text is cut otherwise the second time")
  try require(encoding.ids.count == encoding.typeIDs.count, "a token without a kind")
  try require(encoding.ids.allSatisfy { $0 >= 0 }, "an id that is none")
  // A character can become four in the long run, and a template adds what it adds.
  try require(encoding.ids.count <= 8 * text.utf8.count + 64 * 64, "more tokens than text")
  notes.use(encoding.ids.count)
}

private let sampleTokenizer =
  ###"{"version":"1.0","truncation":{"max_length":9,"strategy":"LongestFirst","stride":0},"###
  + ###""padding":null,"added_tokens":[{"id":2,"content":"[MASK]","special":true,"###
  + ###""single_word":false,"lstrip":true,"rstrip":false,"normalized":false}],"###
  + ###""normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"###
  + ###""strip_accents":null,"lowercase":true},"pre_tokenizer":{"type":"BertPreTokenizer"},"###
  + ###""post_processor":{"type":"BertProcessing","sep":["b",4],"cls":["a",3]},"decoder":null,"###
  + ###""model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","###
  + ###""max_input_chars_per_word":100,"vocab":{"[UNK]":0,"x":1,"[MASK]":2,"a":3,"b":4,"##b":5}}}"###
