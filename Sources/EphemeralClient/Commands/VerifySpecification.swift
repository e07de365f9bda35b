internal import EphemeralRuntime

extension ClientProgram {
  static let verify = CommandSpecification(
    "verify", summary: "Verify a receipt, offline and years later.",
    discussion: """
      A bundle (.ephr) holds a receipt with the attestation document and the session's opening. Each \
      rule of Spec/Attestation.md is applied and printed by name, at the document's own time: that \
      its certificates have expired since does not matter. With --request and --response, the files \
      that infer --save-request and --save-response wrote, it also proves what was asked and \
      answered; with --topology or --model-hash, of which model. Exit code 0: no rule is broken \
      (accepted, or with --no-pins genuine and unpinned); 3: refused. With --receipt it judges \
      a bare AIR v1 receipt of anyone's under a key that you bring, which proves only that the \
      holder of that key signed it.
      """,
    positionals: [PositionalSpecification("BUNDLE.ephr", "The bundle.", required: false)],
    options: [
      .option("--policy", "FILE", "The measurements and roots to accept."),
      .flag("--no-pins", "Judge without a policy, under AWS's root; never accepted."),
      .option("--request", "FILE", "The request's preimage."),
      .option("--response", "FILE", "The response's preimage."),
      .option("--topology", "FILE", "The topology key of the model that it must be about."),
      passphrase,
      .option("--model-hash", "HEX", "The hash of the model that it must be about."),
      .option("--receipt", "FILE", "Instead of a bundle: a bare AIR v1 receipt, of anyone's."),
      .option("--public-key", "HEX", "With --receipt: the Ed25519 key, 32 bytes."),
      .option("--nonce", "HEX", "With --receipt: the challenge that it must name, 8 to 64 bytes."),
      .option("--max-age", "SECONDS", "With --receipt: how long ago it may have been issued."),
      .option("--platform", "NAME", "With --receipt: nitro or tdx."),
      .flag("--explain", "Say of each check what it found."), json,
    ],
    examples: [
      CommandExample(
        "ephml-client verify digit.ephr --policy policy.json",
        "Says whether an enclave that the policy pins made this receipt."),
      CommandExample(
        "ephml-client verify digit.ephr --policy policy.json --topology digits.ephk \\\n"
          + "      --request digit.request --response digit.response --explain",
        "Also that it is about this model, this request and this response."),
      CommandExample(
        "ephml-client verify --receipt other.air --public-key 197f6b23…8d61 --max-age 3600",
        "Judges a receipt that some other implementation made."),
    ])
}
