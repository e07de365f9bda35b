public import EphemeralRuntime

/// What `ephml-client` understands.
public enum ClientProgram {
  /// The program with all its commands.
  public static let specification = ProgramSpecification(
    name: "ephml-client",
    summary: "split a model, keep the key, and run it inside an attested enclave",
    commands: [decompose, inspect, push, attest, infer, embed, verify, audit, demo]
      + imageCommands)

  static let host = OptionSpecification.option(
    "--host", "ADDRESS", "The host: \(Address.forms).", required: true)
  static let json = OptionSpecification.flag(
    "--json", "Print one JSON object on standard output instead of words.")
  static let trace = OptionSpecification.option(
    "--trace", "FILE",
    "Append a line for each of the session's transitions, without secrets, for Spec/check --trace.")
  static let passphrase = OptionSpecification.option(
    "--passphrase-file", "FILE", "A file whose first line is the topology key's passphrase.")

  static let decompose = CommandSpecification(
    "decompose", summary: "Split a model into a topology key and a weight blob.",
    discussion: """
      Reads an ONNX model, or a Hugging Face folder of the BERT family (config.json, \
      model.safetensors, tokenizer.json), and writes two files. NAME.ephk is the topology key: the graph, where \
      each tensor lies, and the key of the weights; keep it. NAME.ephw holds the weights, \
      encrypted and padded: anyone may store it. A fresh key is drawn on every run. Operators \
      that the engine does not have are named, all at once, and nothing is written. A folder's \
      tokenizer is kept beside the key as NAME.tokenizer.json; it is never sent.
      """,
    positionals: [PositionalSpecification("MODEL", "The model to split: MODEL.onnx or a folder.")],
    options: [
      .option("--out", "NAME", "Where to write: NAME.ephk and NAME.ephw.", required: true),
      .option(
        "--lifetime", "POLICY",
        "session (default): assembled once a session; perInference: for each inference anew."),
      .option(
        "--pooling", "HOW",
        "stated (default): as a folder's modules.json says; none: a vector for each token; mean, "
          + "cls, max: one for each text, of length 1."),
      .option("--name", "TEXT", "What the model is called in receipts; the file's name if absent."),
      .option("--model-version", "TEXT", "Its version in receipts; the file's if absent."),
      passphrase, json,
    ],
    examples: [
      CommandExample(
        "ephml-client decompose digits.onnx --out digits",
        "Writes digits.ephk, readable by its owner only, and digits.ephw."),
      CommandExample(
        "ephml-client decompose ./all-MiniLM-L6-v2 --out minilm",
        "Writes minilm.ephk, minilm.ephw and minilm.tokenizer.json."),
    ])

  static let inspect = CommandSpecification(
    "inspect", summary: "Show what a topology key holds, without the key itself.",
    discussion: """
      Prints the model's name, inputs, outputs, operators, tensors, lifetime and the name of the \
      weight blob that belongs to it.
      """,
    positionals: [PositionalSpecification("NAME.ephk", "The topology key.")],
    options: [passphrase, json],
    examples: [
      CommandExample("ephml-client inspect digits.ephk", "Shows the digits model's topology.")
    ])

  static let push = CommandSpecification(
    "push", summary: "Store a weight blob on a host.",
    discussion: """
      Sends the blob to the host, which stores it under its SHA-256. A blob that is already there \
      is not sent again; a push that was interrupted goes on where it stopped.
      """,
    positionals: [PositionalSpecification("NAME.ephw", "The weight blob.")],
    options: [host, json],
    examples: [
      CommandExample(
        "ephml-client push --host tcp://127.0.0.1:7000 digits.ephw", "Stores digits.ephw there.")
    ])

  static let attest = CommandSpecification(
    "attest", summary: "Judge an enclave's attestation, live or from a file.",
    discussion: """
      Checks every rule of Spec/Attestation.md and prints each by name. With --host a fresh \
      document is asked for and judged now, with a policy or, said explicitly, without pins. \
      With --document a file is judged, at the document's own time unless told otherwise. \
      Genuine without pins ends with 0 here and nowhere else: any customer's enclave gets that far.
      """,
    options: [
      .option("--host", "ADDRESS", "Ask the enclave behind this host for a fresh document."),
      .option("--document", "FILE", "Judge the document in this file."),
      .option("--policy", "FILE", "The measurements and roots to accept."),
      .flag("--no-pins", "With --host: judge without a policy."), trace,
      .option("--at", "TIME", "now, document, or a time such as 2026-01-31T12:00:00Z."),
      .flag("--explain", "Say of each check what it found."), json,
    ],
    examples: [
      CommandExample(
        "ephml-client attest --host tcp://127.0.0.1:7000 --policy policy.json",
        "Asks for evidence with a fresh nonce and judges it."),
      CommandExample(
        "ephml-client attest --document old.bin --explain",
        "Judges an archived document at its own time and explains every check."),
    ])

  static let infer = CommandSpecification(
    "infer", summary: "Run one inference inside an attested enclave.",
    discussion: """
      Attests the enclave, delivers the topology to it, has the model assembled from the host's \
      blob, sends the inputs, receives the outputs and has everything wiped. Nothing secret \
      leaves before the enclave's measurement equals one that the policy pins. A receipt's bundle \
      holds neither request nor response; to prove later what was asked and answered, save both too.
      """,
    options: [
      host,
      .option("--topology", "FILE", "The topology key, NAME.ephk.", required: true),
      .option("--policy", "FILE", "The measurements and roots to accept.", required: true),
      .option(
        "--input", "NAME=FILE", "An input, as .npy or .json.", required: true, repeats: true),
      .option("--output", "DIR", "Write each output as DIR/NAME.npy."),
      .option("--receipt", "FILE", "Write the receipt's bundle, NAME.ephr, for verify."),
      .option(
        "--save-request", "FILE", "Write the request as the receipt's hash covers it: secret."),
      .option("--save-response", "FILE", "The same for the response: secret."),
      trace, passphrase, json,
    ],
    examples: [
      CommandExample(
        "ephml-client infer --host tcp://127.0.0.1:7000 --topology digits.ephk \\\n"
          + "      --policy policy.json --input image=digit.npy --output results",
        "Writes results/probabilities.npy and results/logits.npy."),
      CommandExample(
        "ephml-client infer --host tcp://127.0.0.1:7000 --topology digits.ephk \\\n"
          + "      --policy policy.json --input image=digit.npy --receipt digit.ephr",
        "Keeps what 'ephml-client verify digit.ephr --policy policy.json' needs."),
    ])

  static let audit = CommandSpecification(
    "audit", summary: "Check an audit log's chain and sum it up.",
    discussion: """
      Every record of an audit log carries the SHA-256 of the one before it. This checks the whole \
      chain, counts the events, and names the first record that does not fit.
      """,
    positionals: [PositionalSpecification("FILE", "The log that --audit wrote.")],
    options: [json],
    examples: [CommandExample("ephml-client audit enclave.ndjson", "Checks and sums up that log.")])

  static let demo = CommandSpecification(
    "demo", summary: "Show the whole path on this machine, and three attacks that fail.",
    discussion: """
      Starts a host and an enclave from beside this program, sends a bundled digits model and some \
      handwritten digits through all six phases, shows what the host saw, and then tries three \
      attacks. Needs nothing but the three programs; leaves nothing behind.
      """,
    options: [json],
    examples: [CommandExample("ephml-client demo", "Takes a few seconds.")])
}
