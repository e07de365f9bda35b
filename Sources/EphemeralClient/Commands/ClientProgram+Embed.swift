internal import EphemeralRuntime

extension ClientProgram {
  static let embed = CommandSpecification(
    "embed", summary: "Turn texts into vectors inside an attested enclave.",
    discussion: """
      Cuts texts into tokens here and has a text encoder compute as infer would: one vector for \
      each text where the model was split so (decompose --pooling), otherwise hidden states, whose \
      mean over the text's tokens is taken here. Vectors have length 1. Without a TEXT every line \
      of standard input is one, read and answered some batches at a time. The tokenizer, by \
      default NAME.tokenizer.json beside NAME.ephk, is never sent. Results come in the order of \
      the texts: with --json one object a line with text, tokens, truncated, \
      exposureMilliseconds and embedding.
      """,
    positionals: [
      PositionalSpecification("TEXT", "A text to embed.", required: false, repeats: true)
    ],
    options: [
      host,
      .option("--topology", "FILE", "The topology key, NAME.ephk.", required: true),
      .option("--policy", "FILE", "The measurements and roots to accept.", required: true),
      .option("--tokenizer", "FILE", "The tokenizer.json; NAME.tokenizer.json if absent."),
      .option("--output", "FILE.npy", "Write the vectors as rows of one float32 array."),
      .option("--batch", "N", "Texts of one request at most, 1 to 1024; 16 if absent."),
      .option(
        "--max-tokens", "N",
        "Cut texts to so many tokens; what the tokenizer says if absent, or 512."),
      trace, passphrase,
      .flag("--json", "Print one JSON object a text on standard output, each on its line."),
    ],
    examples: [
      CommandExample(
        "ephml-client embed --host tcp://127.0.0.1:7000 --topology minilm.ephk \\\n"
          + "      --policy policy.json --json \"A first text.\" \"A second one.\"",
        "Prints two vectors."),
      CommandExample(
        "ephml-client embed --host tcp://127.0.0.1:7000 --topology minilm.ephk \\\n"
          + "      --policy policy.json --output texts.npy < texts.txt",
        "Writes a row for each line."),
    ])
}
